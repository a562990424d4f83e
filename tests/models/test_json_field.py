"""What a file can have in its header is kept as it is, whatever the database makes of it."""

import pytest

from tests.support import files as made
from uploads import audit, workflow
from uploads.models import AuditEvent, Batch, BatchState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

ODD = {
    "NUL": "ti\x00er",
    "a byte that is no UTF-8": "ti\udcffer",
    "both, twice": "\x00\udc80ti\x00er\udcff",
    "an emoji": "ti\U0001f600er",
    "what looks like an escape": r"ti\u0000er",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_text_comes_back_as_it_was(receive, uploader, text):
    batch = receive(made.NO_KEY)
    value = {text: [text, {"deep": [text]}], "number": 1, "none": None}
    Batch.objects.filter(pk=batch.pk).update(reading=value)
    assert Batch.objects.get(pk=batch.pk).reading == value
    assert Batch.objects.values_list("reading", flat=True).get(pk=batch.pk) == value
    audit.record(uploader, "batch.row-edited", batch, columns=[text])
    assert AuditEvent.objects.latest("sequence").facts == {"columns": [text]}
    assert audit.verify().broken is None


@pytest.mark.parametrize(
    ("key", "ends"),
    [(b"thirdPartyId\xff", BatchState.REFUSED), (b"thirdParty\x00Id", BatchState.RECEIVED)],
    ids=["a byte that is no UTF-8", "NUL"],
)
def test_a_key_column_with_such_a_name_is_seen_to_and_shown(receive, sign_in, uploader, key, ends):
    batch = receive(key + b",tier\nA1,gold\nA2,K\xc3\xb8ln\n")
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == ends
    client = sign_in(uploader)
    for page in ("", "reading/"):
        assert client.get(f"/batches/{batch.pk}/{page}").status_code == 200
