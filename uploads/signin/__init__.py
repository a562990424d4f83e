"""Signing in: django-allauth in our words, with our rules, our pages and our audit log."""
