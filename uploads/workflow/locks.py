"""What a transaction holds until it is over, and in which order.

SQLite has one writer at a time; PostgreSQL has many. Whoever decides by what was read therefore holds it, and
takes what is to be held in this order, so that no two transactions ever wait for each other:

    people → destinations → account → batch → whatever hangs on the batch → the audit log's end

Each stands for what lies below it: a part only changes state while its batch is held, a token only wakes
parts up while their account is. `audit.record` holds the log's end. So whatever else a transaction needs it
takes before its first event, unless it hangs on something that it holds already.

Keys never change: other rows may refer to one that is held (`no_key`).
"""

from uploads.models import Account, Batch, Destination, Part, User


def person(pk: int) -> User:
    """Hold a person."""
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def destination(pk: int | None) -> Destination | None:
    """Hold a destination: its rules, its members, its attribute dictionary. None where there is none."""
    return Destination.objects.select_for_update(no_key=True).filter(pk=pk).first()


def destinations_of_account(of: Destination) -> list[Destination]:
    """Hold all destinations that share this one's client code: no other batch of theirs gets on its way."""
    return list(Destination.objects.of_account(of).select_for_update(no_key=True).order_by("pk"))


def account(of: Destination) -> Account:
    """Hold the account of a destination: its pauses, its call budget, and which part is sent next."""
    # Made first: what is not there cannot be held.
    pk = Account.objects.get_or_create(code=of.account_code)[0].pk
    return Account.objects.select_for_update(no_key=True).get(pk=pk)


def batch(pk: int) -> Batch:
    """Hold a batch, and return it as it is now."""
    return Batch.objects.select_for_update(no_key=True).get(pk=pk)


def account_and_batch(part: Part) -> None:
    """Hold what an answer of Target to a part can change."""
    account(part.batch.destination)
    batch(part.batch_id)
