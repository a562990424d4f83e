"""`manage.py hold_recovered`: after a recovery from an older copy, before anything starts."""

from django.core.management.base import BaseCommand

from uploads import workflow


class Command(BaseCommand):
    """To be run while nothing else runs, and to be repeated where it was interrupted."""

    help = (
        "After a copy was brought back: puts all parts that may have been sent since into doubt, stops what "
        "is scheduled, and ends all sessions. People decide, batch by batch."
    )
    requires_migrations_checks = True

    def handle(self, *args, **options):
        """Say what waits for a person now."""
        held = workflow.hold_recovered()
        self.stdout.write(f"Parts in doubt, for reviewers to decide about: {held.parts}.")
        self.stdout.write(f"Batches not released, whose page says that they may have been: {held.batches}.")
        self.stdout.write(f"Sessions ended: {held.sessions}. Everything may start again.")
