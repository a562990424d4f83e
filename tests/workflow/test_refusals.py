"""From the failed ids of a status answer to a report of these rows."""

import csv
import io

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from uploads import files, workflow
from uploads.models import AuditEvent, Part, PartState

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = 'thirdPartyId;tier;city\n"P;1";gold;Oslo\nP 2;=1+1;Køln\nP3;tin;Lima\nP/4;tin;Rom\n'.encode()


@pytest.fixture
def answers(settings, httpserver, released, make_due):
    """A sent part whose next status answer says this; returns the part as the poll left it."""
    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    address = httpserver.url_for("/m2/sandbox/profile/batchStatus?batchId=sandbox-1-1")
    httpserver.expect_request("/m2/sandbox/v2/profile/batchUpdate").respond_with_data(
        f"<response><success>true</success><batchStatus>{address}</batchStatus></response>"
    )

    def answers(state, *failed_ids, failed=None):
        rows = "".join(f"<profile><id>{id_}</id><status>failed</status></profile>" for id_ in failed_ids)
        failed = len(failed_ids) if failed is None else failed
        httpserver.expect_oneshot_request("/m2/sandbox/profile/batchStatus").respond_with_data(
            f"<response><status>{state}</status><batchSize>3</batchSize><consumedCount>3</consumedCount>"
            f"<successfulUpdates>{3 - failed}</successfulUpdates><profilesNotFound>0</profilesNotFound>"
            f"<failedUpdates>{failed}</failedUpdates>{rows}</response>"
        )
        part = Part.objects.first()
        if part is None:
            part = released(CONTENT).parts.get()
            workflow.deliver(part.pk)
        make_due()
        workflow.follow(part.pk)
        part.refresh_from_db()
        return part

    return answers


def report(client, batch):
    answer = client.get(reverse("batch-refused-csv", args=[batch.pk]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_what_target_refused_comes_back_as_a_report_that_can_be_uploaded(
    answers, sign_in, uploader, checked, tmp_path
):
    part = answers("complete", "P%3B1", "P 2")
    assert (part.state, part.listed) == (PartState.COMPLETE_WITH_FAILURES, 2)
    client, page = sign_in(uploader), reverse("batch", args=[part.batch_id])
    assert "being looked up" in client.get(page).content.decode()
    workflow.locate(part.pk)
    text = report(client, part.batch)
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert header == [
        "thirdPartyId",
        "tier",
        "city",
        "_line",
        "_problem",
        "_column",
        "_explanation",
        "_batch",
    ]
    assert [row[:6] for row in rows] == [
        ["P;1", "gold", "Oslo", "2", "refused-by-target", "thirdPartyId"],
        ["P 2", "'=1+1", "Køln", "3", "refused-by-target", "thirdPartyId"],
    ]
    assert "does not say why" in rows[0][6]
    again = checked(text.encode("utf-8-sig"), filename="again.csv")
    assert again.corrects == part.batch
    assert files.open_part(again.parts.get()).read() == (
        b"batch=thirdPartyId,tier,city\nP%3B1,gold,Oslo\nP%202,%3D1%2B1,K%C3%B8ln\n"
    )


def test_the_page_shows_values_to_those_who_may_see_them_and_counts_to_all(
    answers, sign_in, uploader, auditor
):
    part = answers("complete", "P 2", "unheard-of", failed=3)
    workflow.locate(part.pk)
    page, download = (reverse(name, args=[part.batch_id]) for name in ("batch", "batch-refused-csv"))
    shown = sign_in(uploader).get(page).content.decode()
    assert 'id="refused-rows"' in shown
    assert "P 2" in shown
    assert "Named by Target, but in no row of the file: 1." in shown
    assert "It does not name 1 of them." in shown
    counted = sign_in(auditor).get(page).content.decode()
    assert "Target counts 3 failed rows" in counted
    assert "P 2" not in counted
    assert download not in counted
    assert sign_in(auditor).get(download).status_code == 404


def test_only_the_last_answer_counts(answers, sign_in, uploader):
    part = answers("incomplete", "P3")
    assert (part.state, part.listed) == (PartState.ACCEPTED, 0)
    page = reverse("batch", args=[part.batch_id])
    assert "Target refused these rows" not in sign_in(uploader).get(page).content.decode()
    part = answers("complete")
    assert (part.state, part.listed, part.locate_due_at) == (PartState.COMPLETE, 0, None)
    download = reverse("batch-refused-csv", args=[part.batch_id])
    assert sign_in(uploader).get(download).status_code == 404


def test_the_ids_are_in_files_of_the_batch_and_nowhere_else(answers, caplog):
    part = answers("complete", "P 2")
    workflow.locate(part.pk)
    assert files.open_listed(part).read() == b'"P 2"\n'
    assert (
        "P 2" not in str(list(Part.objects.values())) + str(list(AuditEvent.objects.values())) + caplog.text
    )


def test_a_lookup_stays_due_until_it_is_done_and_then_runs_no_more(answers):
    part = answers("complete", "P 2")
    assert list(Part.objects.due_to_locate()) == [part]
    workflow.locate(part.pk)
    workflow.locate(part.pk)
    assert not Part.objects.due_to_locate().exists()


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_without_the_upload_nothing_is_claimed_about_its_rows(answers, sign_in, uploader, damage):
    part = answers("complete", "P 2")
    original = django_settings.MEDIA_ROOT / files.original_name(part.batch)
    original.unlink()
    if damage == "changed":
        original.write_bytes(CONTENT.replace(b"P3", b"P4"))
    workflow.locate(part.pk)
    page = sign_in(uploader).get(reverse("batch", args=[part.batch_id])).content.decode()
    assert "Target counts 1 failed row" in page
    assert 'id="refused-rows"' not in page


def test_ids_that_cannot_be_kept_move_only_the_next_poll(answers, settings, tmp_path):
    part = answers("incomplete")
    settings.WORK_ROOT = tmp_path / "full"
    settings.WORK_ROOT.write_bytes(b"a file where the folder should be")
    part = answers("complete", "P 2")
    assert (part.state, part.polls) == (PartState.ACCEPTED, 2)
    settings.WORK_ROOT.unlink()
    assert answers("complete", "P 2").listed == 1
