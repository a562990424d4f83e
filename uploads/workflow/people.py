"""What people do about themselves: signing in, and what it takes to."""

from uploads import audit
from uploads.models import User


def signed_in(person: User, by: list[str]) -> None:
    """Note that somebody signed in; `by` names each step that they passed."""
    audit.record(person, "person.signed-in", by=by)


def signed_out(person: User) -> None:
    """Note that somebody signed out."""
    audit.record(person, "person.signed-out")


def sign_in_failed(meant: User | None, by: str, reason: str) -> None:
    """Note that somebody failed to sign in.

    Nobody is the actor, for nobody has proven who they are. A name that is no person's is not kept:
    it may be a password in the wrong field.
    """
    audit.record(None, "person.sign-in-failed", person=_name(meant), by=by, reason=reason)


def confirmed(person: User, by: str) -> None:
    """Note that somebody proved anew who they are."""
    audit.record(person, "person.confirmed", by=by)


def password_changed(actor: User, person: User) -> None:
    """Note that somebody gave a person, perhaps themselves, another password."""
    audit.record(actor, "person.password-changed", person=person.get_username())


def password_reset(person: User) -> None:
    """Note that somebody set a new password by a link sent to them."""
    audit.record(person, "person.password-reset", person=person.get_username())


def email_changed(person: User, before: str, after: str) -> None:
    """Note that somebody confirmed another address of theirs."""
    audit.record(person, "person.email-changed", person=person.get_username(), before=before, after=after)


def second_factor_changed(person: User, change: str, kind: str) -> None:
    """Note that somebody added or removed a second factor of theirs; `change` says which."""
    audit.record(person, f"person.second-factor-{change}", kind=kind)


def sessions_ended(person: User, count: int) -> None:
    """Note that somebody signed themselves out elsewhere."""
    audit.record(person, "person.sessions-ended", person=person.get_username(), sessions=count)


def _name(person: User | None) -> str:
    return person.get_username() if person else ""
