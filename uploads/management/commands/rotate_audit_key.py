"""`manage.py rotate_audit_key`: another key for the chain of the audit log."""

from django.core.management.base import BaseCommand, CommandError

from uploads import workflow
from uploads.keys import KeysAreGiven


class Command(BaseCommand):
    """Safe while everything runs, and to be repeated where it was interrupted."""

    help = "Lets the audit log go on with a new key, and keeps the old ones for verifying."
    requires_migrations_checks = True

    def handle(self, *args, **options):
        """Say what was done. Raises CommandError where the keys are not this command's to change."""
        try:
            change = workflow.rotate_audit_key()
        except KeysAreGiven:
            raise CommandError(
                "The audit key stands in BULKPROFILE_AUDIT_KEY. Put a new one of at least 32 characters and "
                "a comma in front of all others, start everything anew, and run this again."
            ) from None
        self.stdout.write(f"The audit log goes on with the key {change.key} in place of {change.before}.")
        self.stdout.write("Keep every older key: without them, nobody can verify what was written with them.")
