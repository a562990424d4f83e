"""`manage.py createsuperuser`: an admin, at the beginning or when all others are locked out."""

import os

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from uploads import workflow
from uploads.management.passwords import ask_new_password
from uploads.models import User
from uploads.people_forms import is_taken


class Command(BaseCommand):
    """Takes the place of Django's command, which would leave no audit event."""

    help = "Makes a person with the role admin. The audit log says so."
    requires_migrations_checks = True

    def add_arguments(self, parser):
        """Who it is; what is not given is asked for, or with --noinput taken from the environment."""
        parser.add_argument("--username", default=os.environ.get("DJANGO_SUPERUSER_USERNAME"))
        parser.add_argument("--email", default=os.environ.get("DJANGO_SUPERUSER_EMAIL"))
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="ask nothing: the password stands in DJANGO_SUPERUSER_PASSWORD; DJANGO_SUPERUSER_USERNAME "
            "and DJANGO_SUPERUSER_EMAIL can take the place of the options",
        )

    def handle(self, *args, username: str | None, email: str | None, interactive: bool, **options):
        """Make the person. Raises CommandError, in words, where that cannot be."""
        if interactive:
            username = input("User name: ") if username is None else username
            email = input("E-mail address (may be empty): ") if email is None else email
        person = User(username=username or "", email=(email or "").strip().lower())
        _require_free(person)
        if interactive:
            password = ask_new_password(person, self.stderr)
        else:
            password = _password_from_environment(person)
        workflow.add_admin(person.username, person.email, password, command="createsuperuser")
        self.stdout.write(f"{person.username} is an admin now.")


def _require_free(person: User) -> None:
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        about = (f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
        raise CommandError("\n".join(about)) from None
    for name in filter(None, (person.username, person.email)):
        if is_taken(name):
            raise CommandError(f"Somebody signs in with {name!r} already.")


def _password_from_environment(person: User) -> str:
    password = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
    if not password:
        raise CommandError("Set DJANGO_SUPERUSER_PASSWORD, or leave --noinput out to be asked.")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError("DJANGO_SUPERUSER_PASSWORD: " + " ".join(error.messages)) from None
    return password
