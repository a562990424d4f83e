"""`manage.py backup FOLDER`: a copy of everything but the keys, while everything runs."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from uploads import files, workflow


class Command(BaseCommand):
    """Exit status 0 only where the copy is whole."""

    help = "Copies the SQLite database, the files and the journal into a new folder below FOLDER."
    requires_migrations_checks = True

    def add_arguments(self, parser):
        """Where to, and how many copies to keep there."""
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--keep", metavar="N", type=int, help="delete all but the N newest copies there")

    def handle(self, *args, folder: Path, keep: int | None, **options):
        """Say where the copy is. Raises CommandError where there is none."""
        if keep is not None and keep < 1:
            raise CommandError("--keep takes a number from 1.")
        try:
            copy = workflow.back_up(folder)
            self.stdout.write(f"Copied to {copy}")
            for old in workflow.drop_older(folder, keep) if keep else ():
                self.stdout.write(f"Deleted {old}")
        except (OSError, workflow.CopyFailed) as error:
            raise CommandError(f"There is no copy: {error}") from None
        if connection.vendor != "sqlite":
            self.stdout.write("The database is not in it: copy that with pg_dump, before the files.")
        if files.lie_elsewhere():
            self.stdout.write(
                "The bucket's files are not in it: copy these by its own means, after the database."
            )
        self.stdout.write("Nor are the keys: keep a copy of them elsewhere.")
