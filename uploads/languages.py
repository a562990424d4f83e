"""Which language somebody is spoken to in: the one they chose, else the one that their browser asks for."""

from django.conf import settings
from django.utils import translation

from uploads.models import User

#: Where a session keeps what somebody chose who is not signed in yet.
IN_SESSION = "language"


def is_spoken(language: str) -> bool:
    """Whether there is a catalogue for it; what an earlier version offered may be gone."""
    return language in dict(settings.LANGUAGES)


def chosen_in(request) -> str:
    """What the person or the session says; "" where nobody chose."""
    person = request.user
    chosen = person.language if person.is_authenticated else request.session.get(IN_SESSION, "")
    return chosen if is_spoken(chosen) else ""


def speaking_to(person: User | None):
    """A context in which everything is written for that person, such as an e-mail.

    Somebody who has never signed in is spoken to as is spoken anyhow.
    """
    known = person is not None and is_spoken(person.language)
    return translation.override(person.language if known else translation.get_language())
