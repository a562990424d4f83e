"""What people do that is not about a batch."""

from uploads import audit
from uploads.models import User


def signed_in(user: User) -> None:
    """Note that somebody signed in."""
    audit.record(user, "person.signed-in")


def password_changed(actor: User, person: User) -> None:
    """Note that somebody gave a person, perhaps themselves, another password."""
    audit.record(actor, "person.password-changed", person=person.get_username())
