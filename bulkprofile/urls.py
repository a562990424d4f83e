"""Where the product and Django's admin are mounted."""

from django.urls import include, path

urlpatterns = [
    path("", include("uploads.urls")),
]
