"""`manage.py verify_audit`: whether the audit log's chain holds."""

from django.core.management.base import BaseCommand, CommandError

from uploads import audit


class Command(BaseCommand):
    """Exit status 0 where the chain is whole (also when empty), 1 where it is broken."""

    help = "Recomputes the audit log's hash chain and says where it breaks."

    def handle(self, *args, **options):
        """Say how it is; raises CommandError, which ends with status 1, where it is broken."""
        broken_at = audit.first_break()
        if broken_at is not None:
            raise CommandError(
                f"The audit log's chain breaks at event {broken_at}: "
                "it or an event before it was changed, moved or removed."
            )
        self.stdout.write("The audit log's chain is whole.")
