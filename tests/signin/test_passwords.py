"""Which passwords are taken, and that they count exactly as they were typed."""

import contextlib

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from bulkprofile import settings as product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("password", "is_refused"),
    [
        ("Bulkprofile2026", True),
        ("our-Adobe-1", True),
        ("northwind!7", True),
        ("bulkprofile carries horses", False),
        ("only correct horses", False),
    ],
    ids=["the product", "the vendor", "the company", "a sentence with it", "nothing of it"],
)
def test_passwords_built_on_what_everybody_here_knows_are_refused(settings, password, is_refused):
    settings.PASSWORD_WORDS = [*settings.PASSWORD_WORDS, "northwind"]

    with pytest.raises(ValidationError) if is_refused else contextlib.nullcontext():
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["x" * 70 + " \u00e9", "\u4f60\u597d " * 4, "        eight", "nur kleine buchstaben"]
)
def test_passwords_of_any_length_and_composition_count_exactly_as_typed(client, uploader, password):
    validate_password(password)
    uploader.set_password(password)
    uploader.save()

    client.post(reverse("sign-in"), {"username": "uploader", "password": password.upper() + "."})
    assert client.get(reverse("batches")).status_code == 302
    client.post(reverse("sign-in"), {"username": "uploader", "password": password})
    assert client.get(reverse("batches")).status_code == 200


def test_passwords_are_kept_slowly_hashed():
    assert not hasattr(product, "PASSWORD_HASHERS")

    assert hashers.PBKDF2PasswordHasher.iterations >= 600_000
