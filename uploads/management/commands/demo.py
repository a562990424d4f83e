"""`manage.py demo`: the demo accounts and the Sandbox destination."""

import os

from django.core.management.base import BaseCommand

from uploads import demo


class Command(BaseCommand):
    """Makes what is missing, and says how to sign in."""

    help = "Makes the demo accounts (password from DEMO_PASSWORD, else a random one) and the Sandbox."

    def handle(self, *args, **options):
        """Print one line an account, and the password where it is known."""
        password = demo.make_demo(os.environ.get("DEMO_PASSWORD"))
        names = ", ".join(row[0] for row in demo.PEOPLE)
        self.stdout.write(f"Accounts: {names}")
        if password:
            self.stdout.write(f"Password: {password}")
        else:
            self.stdout.write(
                "Password: the one shown at the first run; change one with: manage.py changepassword NAME"
            )
