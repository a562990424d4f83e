"""`manage.py changepassword`: another password for a person, as the audit log knows it."""

from django.core.management.base import BaseCommand, CommandError

from uploads import workflow
from uploads.management.passwords import ask_new_password
from uploads.models import User


class Command(BaseCommand):
    """Takes the place of Django's command, which would leave no audit event."""

    help = "Sets a person's password and ends their sessions. The audit log says so."
    requires_migrations_checks = True

    def add_arguments(self, parser):
        """The person's user name."""
        parser.add_argument("username", metavar="NAME")

    def handle(self, *args, username: str, **options):
        """Ask for it twice. Raises CommandError where there is no such person, or no good password."""
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is nobody with the user name {username!r}.")
        workflow.set_password(person, ask_new_password(person, self.stderr), command="changepassword")
        self.stdout.write(f"{username} has a new password. Their sessions have ended.")
