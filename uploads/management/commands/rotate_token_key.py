"""`manage.py rotate_token_key`: another key for the tokens of all destinations."""

from django.core.management.base import BaseCommand, CommandError

from uploads import workflow
from uploads.keys import KeysAreGiven


class Command(BaseCommand):
    """Safe while everything runs, and to be repeated where it was interrupted."""

    help = "Encrypts the tokens of all destinations with a new key; the audit log says so."
    requires_migrations_checks = True

    def handle(self, *args, **options):
        """Say what was done. Raises CommandError where the keys are not this command's to change."""
        try:
            done = workflow.rotate_token_key()
        except KeysAreGiven:
            raise CommandError(
                "The token key stands in BULKPROFILE_TOKEN_KEY. Put a new one of at least 32 characters and "
                "a comma in front of it, start everything anew, and run this again."
            ) from None
        self.stdout.write(f"Tokens under the new key: {done.tokens}.")
        for name in done.lost:
            self.stdout.write(f"No key fits the token of {name}: enter it anew.")
        if done.keys_left > 1:
            self.stdout.write(
                "Nothing needs the older keys any more: leave the first alone in BULKPROFILE_TOKEN_KEY."
            )
