"""A new password, asked for in a terminal."""

import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, OutputWrapper

from uploads.models import User

TRIES = 3


def ask_new_password(person: User, complaints: OutputWrapper) -> str:
    """A password that is good enough for the person, entered the same way twice.

    Says on `complaints` what is wrong with one that is not. Raises CommandError after three tries.
    """
    for _try in range(TRIES):
        password = getpass.getpass("New password: ")
        if password != getpass.getpass("The same once more: "):
            complaints.write("The two passwords differ. Enter the same one twice.")
            continue
        try:
            validate_password(password, person)
        except ValidationError as error:
            complaints.write("\n".join(error.messages))
            continue
        return password
    raise CommandError("Nothing was changed: no new password was entered.")
