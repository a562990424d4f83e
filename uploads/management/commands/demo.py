"""`manage.py demo`: the demo accounts and destinations."""

import os

from django.core.management.base import BaseCommand

from uploads import demo

RULES = {"never": "sends at once", "always": "a reviewer approves first"}


class Command(BaseCommand):
    """Makes what is missing, and says how to sign in."""

    help = "Makes the demo accounts (password from DEMO_PASSWORD, else a random one) and two sandboxes."
    requires_system_checks = ()

    def handle(self, *args, **options):
        """Print one line an account, and the password where it is known."""
        password = demo.make_demo(os.environ.get("DEMO_PASSWORD"))
        names = ", ".join(row[0] for row in demo.PEOPLE)
        self.stdout.write(f"Accounts: {names}")
        places = "; ".join(f"{name}: {RULES[rule]}" for name, _code, rule in demo.DESTINATIONS)
        self.stdout.write(f"Destinations: {places}")
        if password:
            self.stdout.write(f"Password: {password}")
        else:
            self.stdout.write(
                "Password: the one shown at the first run; change one with: manage.py changepassword NAME"
            )
