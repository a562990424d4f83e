"""Rows that people fix here: a patch beside the upload, checked again, undone, never lost, forgotten."""

import gzip

import pytest

from tests.support import files as made
from tests.support.at_once import at_once
from uploads import batchfile, files, workflow
from uploads.models import AuditEvent, Batch, BatchState, Verdict
from uploads.workflow import FixRefused
from uploads.workflow.check import Superseded, _check_in
from uploads.workflow.leases import claim_fields
from uploads.workflow.patches import keep_patch

pytestmark = pytest.mark.django_db(transaction=True)


def edit(actor, batch, line, texts):
    assert workflow.edit_row(actor, batch, line, texts, workflow.open_row(batch, line).mark)


def leave_out(actor, batch, line):
    assert workflow.leave_row_out(actor, batch, line, workflow.open_row(batch, line).mark)


def checked_again(batch) -> Batch:
    workflow.check(batch.pk)
    batch.refresh_from_db()
    return batch


def sent_of(batch) -> bytes:
    return files.open_part(batch.parts.get()).read()


def kept_patches(batch, settings) -> int:
    folder = (settings.MEDIA_ROOT / files.original_name(batch)).parent
    return len(list(folder.glob("patch-*")))


@pytest.fixture
def fixed(checked, uploader):
    """A batch with line 3 changed and line 5 left out, checked again; of its bad rows one is left."""
    batch = checked(made.SOME_BAD)
    edit(uploader, batch, 3, {0: "A2"})
    leave_out(uploader, batch, 5)
    return checked_again(batch)


def test_fixed_rows_go_and_the_upload_stays_as_it_was(fixed):
    assert (fixed.state, fixed.rows, fixed.accepted, fixed.rejected) == (BatchState.READY, 4, 3, 1)
    assert (fixed.skipped, fixed.edited, fixed.left_out) == (0, 1, 1)
    assert sent_of(fixed) == b"batch=thirdPartyId,tier\nA1,gold\nA2,silver\nA4,iron\n"
    assert files.open_original(fixed).read() == made.SOME_BAD


def test_the_log_tells_lines_and_columns_and_no_value(fixed, uploader):
    told = AuditEvent.objects.filter(action__startswith="batch.row-").order_by("sequence")
    assert [(event.action, event.facts, event.actor_name) for event in told] == [
        ("batch.row-edited", {"line": 3, "columns": ["thirdPartyId"]}, "uploader"),
        ("batch.row-left-out", {"line": 5, "columns": []}, "uploader"),
    ]
    log = "".join(str(event.facts) for event in AuditEvent.objects.all())
    assert "A2" not in log
    assert "A/2" not in log


def test_what_is_emptied_by_hand_is_sent_as_the_columns_clear_value(checked, uploader):  # F7
    batch = checked(b"thirdPartyId,tier,city\nA/1,gold,Oslo\nA2,,Lima\n")
    assert workflow.adjust_reading(uploader, batch, clear={"tier": "none"})
    batch = checked_again(batch)
    edit(uploader, batch, 2, {0: "A1", 1: ""})
    assert sent_of(checked_again(batch)) == b"batch=thirdPartyId,tier,city\nA1,none,Oslo\nA2,none,Lima\n"


def test_what_was_changed_can_be_undone_row_by_row(fixed, uploader, settings):
    assert workflow.undo_fix(uploader, fixed, 5)
    checked_again(fixed)
    assert (fixed.rows, fixed.edited, fixed.left_out) == (5, 1, 0)
    assert workflow.undo_fix(uploader, fixed, 3)
    checked_again(fixed)
    assert (fixed.patch, fixed.edited, fixed.accepted) == ("", 0, 2)
    assert not workflow.undo_fix(uploader, fixed, 3)
    assert kept_patches(fixed, settings) == 0


def test_a_second_change_of_a_row_goes_on_from_the_first(fixed, uploader):
    edit(uploader, fixed, 3, {1: "bronze"})
    assert b"\nA2,bronze\n" in sent_of(checked_again(fixed))
    (change, _left_out) = workflow.changes_of(fixed)
    assert (change.was, change.cells, change.columns) == (
        ("A/2", "silver"),
        ("A2", "bronze"),
        ("thirdPartyId", "tier"),
    )


def test_a_change_that_changes_nothing_has_nothing_checked(fixed, uploader):
    assert not workflow.edit_row(uploader, fixed, 3, {0: "A2", 1: "silver"}, workflow.open_row(fixed, 3).mark)
    assert fixed.state == BatchState.READY


@pytest.mark.database
def test_changes_made_at_once_while_workers_check_are_all_kept(checked, uploader, settings):
    batch = checked(b"thirdPartyId,tier\n" + b"".join(b"A/%d,x\n" % number for number in range(6)))
    marks = {line: workflow.open_row(batch, line).mark for line in range(2, 8)}

    def change(line):
        own = Batch.objects.get(pk=batch.pk)
        return workflow.edit_row(uploader, own, line, {0: f"B{line}"}, marks[line])

    def work():
        for _time in range(10):
            workflow.check(batch.pk)
        return True

    assert all(at_once(work, work, *(lambda line=line: change(line) for line in marks)))
    checked_again(batch)
    assert (batch.state, batch.accepted, batch.edited) == (BatchState.READY, 6, 6)
    assert kept_patches(batch, settings) == 1


def test_a_row_that_somebody_else_has_changed_meanwhile_is_not_overwritten(checked, uploader):
    batch = checked(made.SOME_BAD)
    seen = workflow.open_row(batch, 3).mark
    edit(uploader, batch, 3, {1: "gold"})
    with pytest.raises(FixRefused) as refused:
        workflow.edit_row(uploader, batch, 3, {0: "A2"}, seen)
    assert refused.value.reason == "row-changed"
    assert workflow.open_row(batch, 3).now == ("A/2", "gold")


@pytest.mark.parametrize("earlier", [[], [4]], ids=["first change", "a change more"])
def test_a_check_that_began_before_a_change_counts_for_nothing(checked, uploader, tmp_path, earlier):
    batch = checked(made.SOME_BAD)
    for line in earlier:
        leave_out(uploader, batch, line)
    assert earlier or workflow.adjust_reading(uploader, batch, trim=True)
    Batch.objects.filter(pk=batch.pk).update(**claim_fields())
    at_work = Batch.objects.get(pk=batch.pk)
    edit(uploader, batch, 3, {0: "A2"})
    with pytest.raises(Superseded):
        _check_in(at_work, tmp_path)
    batch.refresh_from_db()
    assert (batch.state, batch.rows) == (BatchState.CHECKING, None)


@pytest.mark.parametrize("end", ["cancel", "release"])
def test_what_is_on_its_way_or_has_ended_is_not_changed(checked, uploader, end):
    batch = checked(made.SOME_BAD)
    mark = workflow.open_row(batch, 3).mark
    assert getattr(workflow, end)(uploader, batch)
    with pytest.raises(FixRefused) as refused:
        workflow.edit_row(uploader, batch, 3, {0: "A2"}, mark)
    assert refused.value.reason == "too-late"


@pytest.mark.parametrize("line", [1, 2, 99])
def test_only_rows_with_a_problem_or_a_change_are_opened(checked, line):
    assert workflow.open_row(checked(made.SOME_BAD), line) is None


def test_too_many_changes_are_work_for_a_spreadsheet(checked, uploader):
    batch = checked(b"thirdPartyId,tier\n" + b"".join(b"A/%d,x\n" % number for number in range(3)))
    patch = batchfile.Patch.begun(batch.sha256, batchfile.Reading.from_json(batch.reading))
    for line in range(1_000, 1_200):
        patch = patch.with_change(batchfile.Change(line, 1, ("x",), None))
    batch.patch = keep_patch(batch, patch)
    batch.save(update_fields=["patch"])
    with pytest.raises(FixRefused) as refused:
        workflow.leave_row_out(uploader, batch, 2, workflow.open_row(batch, 2).mark)
    assert refused.value.reason == "too-many"


def test_a_row_that_a_stray_quote_would_swallow_is_not_left_out(checked, uploader):
    batch = checked(b'thirdPartyId,a\nA,"open\n/B,"x" y\nC,z"\n')
    with pytest.raises(FixRefused) as refused:
        workflow.leave_row_out(uploader, batch, 3, workflow.open_row(batch, 3).mark)
    assert (refused.value.reason, refused.value.line) == ("disturbs", 4)
    assert batch.patch == ""


def test_read_with_other_choices_of_columns_the_changes_stay(fixed, uploader):
    assert workflow.adjust_reading(uploader, fixed, trim=True)
    assert checked_again(fixed).accepted == 3


def test_read_with_another_delimiter_the_changes_are_dropped(fixed, uploader, settings):
    assert workflow.adjust_reading(uploader, fixed, delimiter=";", key_column="thirdPartyId,tier")
    checked_again(fixed)
    assert (fixed.patch, fixed.edited, fixed.left_out) == ("", 0, 0)
    assert kept_patches(fixed, settings) == 0
    assert AuditEvent.objects.filter(action="batch.fixes-dropped").count() == 1


def test_a_returned_batch_that_is_fixed_has_to_be_asked_for_again(checked, uploader, reviewer, destination):
    destination.approval = destination.Approval.ALWAYS
    destination.save()
    batch = checked(made.SOME_BAD)
    batch.destination.refresh_from_db()
    before = workflow.digest_of(batch)
    assert workflow.ask_for_approval(uploader, batch, "please", before)
    with pytest.raises(FixRefused):
        workflow.leave_row_out(uploader, batch, 3, workflow.open_row(batch, 3).mark)
    assert workflow.review(reviewer, batch, Verdict.RETURNED, "fix line 3", before)
    edit(uploader, batch, 3, {0: "A2"})
    checked_again(batch)
    assert workflow.digest_of(batch) != before
    assert not workflow.ask_for_approval(uploader, batch, "again", before)


def test_a_patch_that_was_tampered_with_stops_the_check(checked, uploader, settings):
    batch = checked(made.SOME_BAD)
    edit(uploader, batch, 3, {0: "A2"})
    path = settings.MEDIA_ROOT / files.patch_name(batch, batch.patch)
    path.write_bytes(path.read_bytes().replace(b"A2", b"A7"))
    checked_again(batch)
    assert (batch.state, batch.check_failure) == (BatchState.REFUSED, "file-missing")


def test_the_report_to_correct_has_what_was_made_of_a_row(checked, uploader):
    batch = checked(made.SOME_BAD)
    edit(uploader, batch, 3, {1: "platinum"})
    checked_again(batch)
    report = "".join(workflow.correction_lines(uploader, batch))
    assert "\r\nA/2,platinum,3," in report


def test_an_archive_can_be_fixed_as_well(checked, uploader):
    batch = checked(gzip.compress(made.SOME_BAD), filename="people.csv.gz")
    edit(uploader, batch, 3, {0: "A2"})
    assert checked_again(batch).accepted == 3


def test_deleting_a_batchs_files_deletes_its_patch(fixed, settings):
    assert kept_patches(fixed, settings) == 1
    files.delete_all(fixed)
    assert kept_patches(fixed, settings) == 0
    assert workflow.changes_of(fixed) == []


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("who", ["before-77", "after-77"])
def test_a_forgotten_person_is_in_no_patch(checked, uploader, admin, settings, who, packed):
    content = b"thirdPartyId,tier\nbefore-77,gold,surplus\nother/1,x\n"
    batch = checked(gzip.compress(content) if packed else content)
    edit(uploader, batch, 2, {0: "after-77", 2: ""})
    edit(uploader, batch, 3, {0: "other-1"})
    checked_again(batch)
    assert workflow.cancel(uploader, batch)
    wanted = workflow.look_for(admin, who)
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert [found["rows"] for found in wanted.found] == [1]
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    folder = (settings.MEDIA_ROOT / files.original_name(batch)).parent
    patches = [path.read_bytes() for path in folder.glob("patch-*")]
    assert not [content for content in patches if b"-77" in content]
    assert len(patches) == (0 if packed else 1)
    if not packed:
        assert files.open_original(batch).read() == b"thirdPartyId,tier\n\nother/1,x\n"
