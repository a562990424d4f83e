"""`manage.py verify_audit`: whether the audit log's chain holds."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from uploads import audit, workflow
from uploads.pages.words import LOG_FAULTS


class Command(BaseCommand):
    """Exit status 0 where the chain is whole (also when empty), 1 where it is broken, 2 for a wrong use."""

    help = "Recomputes the audit log's hash chain and says where it breaks."

    def add_arguments(self, parser):
        """`--head FILE` for a copy of the log's end that was kept elsewhere."""
        parser.add_argument(
            "--head",
            metavar="FILE",
            type=Path,
            help="a copy of the log's end: shows also what was cut off together with the log's own end",
        )

    def handle(self, *args, head: Path | None, **options):
        """Say how it is; raises CommandError, which ends with status 1, where it is broken."""
        kept = _copy_in(head) if head else None
        verdict = audit.verify()
        try:
            if verdict.broken or verdict.reached != audit.Link():
                workflow.verified(verdict)
        except DatabaseError as error:
            self.stderr.write(f"The log cannot take note of this verification ({error}).")
        broken = verdict.broken or (audit.contains(kept) if kept else None)
        if broken is not None:
            raise CommandError(
                f"The audit log's chain breaks at event {broken.sequence}: {LOG_FAULTS[broken.fault]}."
            )
        self.stdout.write(f"The audit log's chain is whole: {verdict.reached.sequence} events.")


def _copy_in(path: Path) -> audit.Link:
    try:
        return audit.Link.from_copy(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} is no copy of the log's end ({error}).", returncode=2) from None
