"""What people do about themselves: signing in, and what it takes to."""

from uploads import audit
from uploads.models import User


def signed_in(person: User, by: list[str]) -> None:
    """Note that somebody signed in; `by` names each step that they passed."""
    audit.record(person, "person.signed-in", by=by)


def choose_language(person: User, language: str) -> None:
    """Speak to somebody in that language from now on; theirs alone, so the audit log says nothing of it."""
    person.language = language
    person.save(update_fields=["language"])


def signed_out(person: User) -> None:
    """Note that somebody signed out."""
    audit.record(person, "person.signed-out")


def sign_in_failed(meant: User | None, by: str, reason: str) -> None:
    """Note that somebody failed to sign in.

    Nobody is the actor, for nobody has proven who they are. A name that is no person's is not kept:
    it may be a password in the wrong field.
    """
    audit.record(None, "person.sign-in-failed", about=meant, by=by, reason=reason)


def confirmed(person: User, by: str) -> None:
    """Note that somebody proved anew who they are."""
    audit.record(person, "person.confirmed", by=by)


def password_changed(actor: User, person: User) -> None:
    """Note that somebody gave a person, perhaps themselves, another password."""
    audit.record(actor, "person.password-changed", about=person)


def password_reset(person: User) -> None:
    """Note that somebody set a new password by a link sent to them."""
    audit.record(person, "person.password-reset", about=person)


def email_changed(person: User, before: str, after: str) -> None:
    """Note that somebody confirmed another address of theirs."""
    audit.record(person, "person.email-changed", about=person, changes={"email": [before, after]})


def second_factor_added(person: User, kind: str) -> None:
    """Note that somebody added a second factor of theirs."""
    audit.record(person, "person.second-factor-added", kind=kind)


def second_factor_removed(person: User, kind: str) -> None:
    """Note that somebody removed a second factor of theirs."""
    audit.record(person, "person.second-factor-removed", kind=kind)


def sessions_ended(person: User, count: int) -> None:
    """Note that somebody signed themselves out elsewhere."""
    audit.record(person, "person.sessions-ended", about=person, sessions=count)
