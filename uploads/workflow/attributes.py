"""The attribute dictionary: what a destination's members say of the names that are sent there."""

from django.db import transaction

from uploads import audit
from uploads.models import AttributeName, User

from . import locks
from .changes import changes

DESCRIPTION_FIELDS = ("owner", "example", "note")


def describe_attribute(actor: User, attribute: AttributeName) -> None:
    """Keep the attribute's owner, example and note, with what they were in the audit log."""
    with transaction.atomic():
        locks.destination(attribute.destination_id)
        before = AttributeName.objects.get(pk=attribute.pk)
        if told := changes(before, attribute, DESCRIPTION_FIELDS):
            attribute.save(update_fields=DESCRIPTION_FIELDS)
            audit.record(
                actor,
                "attribute.described",
                destination=attribute.destination,
                attribute=attribute.name,
                changes=told,
            )
