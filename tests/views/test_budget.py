"""What pages say of profiles that would come near the 64 KB that Target keeps of each, and to whom (F8)."""

from html import unescape

import pytest

from tests.support.overlaps import chosen, fresh
from uploads import files, workflow
from uploads.models import AuditEvent, Destination

pytestmark = pytest.mark.django_db(transaction=True)

#: H1 has 30,004 bytes, and H2, who is heavy alone, 52,004.
MINE = f"thirdPartyId,tier,note\nH1,,{'n' * 30_000}\nH2,,{'n' * 52_000}\nH3,gold,\n".encode()
#: H1 comes to 70,001 bytes with it, H3 to 40,006.
BEFORE = f"thirdPartyId,story,note\nH1,{'s' * 39_992},old\nH3,{'s' * 39_993},\n".encode()
SAID = "2 visitors would come near Target's limit of 64 kB a profile: the heaviest has 70 kB from batches"


def text_of(client, path: str) -> str:
    return " ".join(unescape(client.get(path).content.decode()).split())


@pytest.fixture
def heavy(checked, uploader):
    """A batch with a visitor who is heavy alone, and one who is with what was sent before."""
    assert workflow.release(uploader, checked(BEFORE))
    # Carried over, the row of H1 would be longer than Target takes.
    return chosen(uploader, checked(MINE), "send-anyway", "Nobody needs the story any more.")


def test_review_and_confirm_name_the_visitors_near_the_limit(heavy, sign_in, uploader):
    client = sign_in(uploader)
    for path in (f"/batches/{heavy.pk}/", f"/batches/{heavy.pk}/send/"):
        page = text_of(client, path)
        assert SAID in page
        assert '<span class="value">H1</span>: 70 kB, of it 30 kB from this batch' in page
        assert '<span class="value">H2</span>: 52 kB </li>' in page
        assert "profile scripts and Customer Attributes" in page


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_those_who_see_counts_only_see_no_ids(heavy, sign_in, role, request):
    page = text_of(sign_in(request.getfixturevalue(role)), f"/batches/{heavy.pk}/")
    assert SAID in page
    assert ">H1<" not in page
    assert "near-64-kb.csv" not in page


def test_the_ids_can_be_downloaded_and_that_is_noted(heavy, sign_in, uploader):
    client = sign_in(uploader)
    answer = client.get(f"/batches/{heavy.pk}/near-64-kb.csv")
    assert b"".join(answer.streaming_content).decode("utf-8-sig").splitlines() == [
        "thirdPartyId,bytes_of_this_batch,bytes_with_earlier_batches",
        "H1,30004,70001",
        "H2,52004,52004",
    ]
    event = AuditEvent.objects.get(action="batch.report-downloaded", batch_id=heavy.pk)
    assert event.facts == {"report": "near-limit"}


def test_a_batch_alone_is_weighed_by_its_check(checked, sign_in, uploader):
    batch = checked(MINE)
    client = sign_in(uploader)
    page = text_of(client, f"/batches/{batch.pk}/send/")
    assert "1 visitor would come near Target's limit of 64 kB a profile: it has 52 kB from" in page
    page = text_of(client, f"/batches/{batch.pk}/problems/?code=row-near-limit")
    assert "take 52,004 bytes of its profile" in page


def test_of_light_visitors_nothing_is_said(checked, sign_in, uploader):
    batch = checked(BEFORE)
    client = sign_in(uploader)
    assert 'id="budget"' not in text_of(client, f"/batches/{batch.pk}/send/")
    assert client.get(f"/batches/{batch.pk}/near-64-kb.csv").status_code == 404


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_where_nothing_is_lost_the_batches_are_weighed_all_the_same(checked, uploader, destination, version):
    Destination.objects.filter(pk=destination.pk).update(api_version=version)
    as_pc_ids = [
        content.replace(b"thirdPartyId", b"pcId").replace(b"\nH", b"\n1514187733806-72939")
        for content in (BEFORE, MINE)
    ]
    assert workflow.release(uploader, checked(as_pc_ids[0]))
    batch = checked(as_pc_ids[1])
    assert [(each.id[-1], each.in_all) for each in workflow.heavy_profiles(batch).profiles] == [
        ("1", 70_001),
        ("2", 52_004),
    ]
    assert workflow.release(uploader, batch)


def test_where_nothing_is_lost_no_batch_is_held_up_by_an_estimate(checked, uploader, destination):
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    first = checked(BEFORE)
    assert workflow.release(uploader, first)
    files.part_path(first.parts.get()).write_bytes(b"batch=thirdPartyId,story\nH1,changed\n")
    batch = checked(MINE)
    assert workflow.heavy_profiles(batch).count == 1
    assert workflow.release(uploader, batch)


def test_who_is_forgotten_is_no_longer_named(heavy, uploader, admin):
    workflow.cancel(uploader, heavy)
    wanted = workflow.look_for(admin, "H2")
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    assert workflow.heavy_profiles(fresh(heavy)).profiles == ()
    folder = files.part_path(heavy.parts.get()).parent
    assert not [path.name for path in folder.iterdir() if b"H2" in path.read_bytes()]
