"""The upload protocol and the plain form, over Django's client."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from tests.support import files as made
from tests.support.answers import text_of
from uploads import local_files, pages
from uploads.models import Batch, Membership, Upload
from uploads.models.people import Role

pytestmark = pytest.mark.django_db

GOOD_SIZE = len(made.GOOD)


@pytest.fixture
def begin(sign_in, uploader, destination):
    """Announces a file as the uploader."""
    client = sign_in(uploader)

    def begin(size=GOOD_SIZE, filename="people.csv", to=destination):
        return client.post(
            reverse("upload-begin"), {"destination": to.pk, "filename": filename, "size": size}
        )

    return begin


def patch(client, url, offset, content):
    return client.patch(
        url,
        content,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": str(offset), "Content-Length": str(len(content))},
    )


def test_slices_make_a_batch(begin, client):
    url = begin().json()["upload"]
    assert patch(client, url, 0, made.GOOD[:20]).json() == {"offset": 20}
    assert client.get(url).json() == {"offset": 20}
    assert patch(client, url, 20, made.GOOD[20:]).json() == {"offset": len(made.GOOD)}
    answer = client.post(f"{url}finish/")
    batch = Batch.objects.get()
    assert answer.json() == {"batch": reverse("batch", args=[batch.pk]), "number": batch.pk, "same": ""}


def test_a_slice_in_the_wrong_place_is_told_the_right_one(begin, client):
    url = begin().json()["upload"]
    answer = patch(client, url, 5, b"x")
    assert (answer.status_code, answer.json()) == (409, {"offset": 0})


@pytest.mark.parametrize(
    "offset",
    ["", "-1", "1e3", "\u0661", "9" * 5000],
    ids=["none", "negative", "float", "Arabic digit", "endless"],
)
def test_a_slice_without_a_place_is_refused_in_words(begin, client, offset):
    url = begin().json()["upload"]
    answer = client.patch(url, b"x", headers={"Upload-Offset": offset, "Content-Length": "1"})
    assert answer.status_code == 400
    assert "choose the file again" in answer.json()["error"]


def test_a_slice_larger_than_a_slice_is_refused(begin, client, settings):
    settings.UPLOAD_SLICE_BYTES = 10
    url = begin().json()["upload"]
    assert patch(client, url, 0, made.GOOD).status_code == 413


def test_a_slice_of_unknown_length_is_refused(begin, client):
    url = begin().json()["upload"]
    answer = client.generic("PATCH", url, b"x", headers={"Upload-Offset": "0"}, CONTENT_LENGTH="")
    assert answer.status_code == 413


def test_a_file_over_the_limit_is_refused_by_the_server_too(begin, settings):
    settings.MAX_UPLOAD_BYTES = 1_000
    answer = begin(size=1_001)
    assert answer.status_code == 413
    assert "too big" in answer.json()["error"]
    assert "1 kB" in answer.json()["error"]


def test_an_empty_file_is_refused_in_words(begin):
    assert "empty" in begin(size=0).json()["error"]


def test_who_has_begun_too_much_is_told_what_to_do(begin, settings):
    settings.MAX_BEGUN_UPLOADS = 2
    assert [begin().status_code, begin().status_code] == [200, 200]

    answer = begin()

    assert answer.status_code == 429
    assert "at most 2 files with 3 GB together" in answer.json()["error"]
    assert "Finish one of them" in answer.json()["error"]


def test_who_has_begun_too_much_is_told_so_by_the_plain_form_as_well(
    begin, client, destination, settings, tmp_path
):
    settings.MAX_BEGUN_UPLOADS = 1
    begin()
    path = tmp_path / "people.csv"
    path.write_bytes(made.GOOD)

    with path.open("rb") as file:
        answer = client.post(reverse("batch-new"), {"destination": destination.pk, "file": file})

    assert b"Too many of your uploads are not finished" in answer.content
    assert not Batch.objects.exists()


def test_nobody_uploads_to_a_foreign_destination(begin, other_destination):
    assert begin(to=other_destination).status_code == 400
    assert not Upload.objects.exists()


def test_a_foreign_upload_does_not_exist(begin, sign_in, colleague):
    url = begin().json()["upload"]
    client = sign_in(colleague)
    assert client.get(url).status_code == 404
    assert patch(client, url, 0, made.GOOD).status_code == 404
    assert client.post(f"{url}finish/").status_code == 404


def test_an_upload_whose_bytes_have_vanished_does_not_exist(begin, client):
    """So that the browser begins anew instead of asking again for ever."""
    url = begin().json()["upload"]
    local_files.incoming_path(Upload.objects.get()).unlink()
    assert patch(client, url, 0, made.GOOD).status_code == 404


def test_finishing_too_early_says_what_is_missing(begin, client):
    url = begin().json()["upload"]
    answer = client.post(f"{url}finish/")
    assert (answer.status_code, answer.json()) == (409, {"offset": 0})


def test_a_file_lies_under_a_random_name_where_no_address_leads(begin, client, settings):
    settings.WHITENOISE_AUTOREFRESH = False
    url = begin(filename="../../evil.html").json()["upload"]
    patch(client, url, 0, made.GOOD)
    client.post(f"{url}finish/")

    [kept] = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    name = kept.relative_to(settings.MEDIA_ROOT).as_posix()
    assert re.fullmatch(r"batches/[0-9a-f]{32}/original", name)
    for folder in ("", "files/", "media/", "var/files/", "static/", "static/../var/files/"):
        assert client.get(f"/{folder}{name}").status_code == 404


def test_the_plain_form_takes_a_file_in_one_go(sign_in, uploader, destination, tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(made.GOOD)
    with path.open("rb") as file:
        answer = sign_in(uploader).post(reverse("batch-new"), {"destination": destination.pk, "file": file})
    assert answer.url == reverse("batch", args=[Batch.objects.get().pk])


def test_the_same_content_sent_again_is_told_when_its_bytes_are_there(begin, client, receive):
    receive(made.GOOD)
    url = begin().json()["upload"]
    patch(client, url, 0, made.GOOD)
    assert client.post(f"{url}finish/").json()["same"].startswith("You uploaded the same file on")


def test_of_several_files_in_the_plain_form_each_becomes_a_batch(sign_in, uploader, destination):
    chosen = [SimpleUploadedFile(name, made.GOOD) for name in ("may.csv", "june.csv")]
    answer = sign_in(uploader).post(
        reverse("batch-new"), {"destination": destination.pk, "file": chosen}, follow=True
    )
    assert answer.redirect_chain[0][0] == reverse("batches")
    assert "2 files are uploaded. Each is a batch" in text_of(answer)
    assert sorted(Batch.objects.values_list("filename", flat=True)) == ["june.csv", "may.csv"]


def test_of_several_files_one_that_is_refused_is_named_and_the_others_are_taken(
    sign_in, uploader, destination
):
    chosen = [SimpleUploadedFile("empty.csv", b""), SimpleUploadedFile("good.csv", made.GOOD)]
    answer = sign_in(uploader).post(reverse("batch-new"), {"destination": destination.pk, "file": chosen})
    assert "empty.csv: This file is empty" in text_of(answer)
    assert "1 file is uploaded" in text_of(answer)
    assert Batch.objects.get().filename == "good.csv"


def test_the_plain_form_wants_a_file(sign_in, uploader, destination):
    answer = sign_in(uploader).post(reverse("batch-new"), {"destination": destination.pk})
    assert "This field is required" in text_of(answer)


def test_example_files_are_offered_by_what_each_destination_takes(sign_in, uploader, destination):
    client = sign_in(uploader)
    page = text_of(client.get(reverse("batch-new")))
    assert "?key=thirdPartyId&amp;separator=comma" in page
    assert "key=pcId" not in page  # F11
    destination.api_version = "v1"
    destination.save()
    assert "Example with pcId" in text_of(client.get(reverse("batch-new")))


@pytest.mark.parametrize("separator", ["comma", "semicolon"])
@pytest.mark.parametrize("key", ["thirdPartyId", "pcId"])
def test_an_example_file_is_one_that_works(sign_in, uploader, checked, key, separator):
    answer = sign_in(uploader).get(reverse("batch-example"), {"key": key, "separator": separator})
    assert f'filename="example-{key}.csv"' in answer["Content-Disposition"]
    batch = checked(answer.content)
    assert (batch.accepted, batch.rejected, batch.problems_by_code, batch.reading["key"]) == (3, 0, {}, key)


@pytest.mark.parametrize("query", [{"key": "ecid"}, {"separator": "tab"}], ids=["key", "separator"])
def test_there_is_no_other_example_file(sign_in, uploader, query):
    assert sign_in(uploader).get(reverse("batch-example"), query).status_code == 404


def test_the_example_for_excel_in_french_has_semicolons_first():
    with translation.override("fr"):
        assert pages.separators() == ["semicolon", "comma"]
    with translation.override("en"):
        assert pages.separators() == ["comma", "semicolon"]


def test_the_plain_form_says_that_a_file_is_empty(sign_in, uploader, destination, tmp_path):
    path = tmp_path / "people.csv"
    path.touch()
    with path.open("rb") as file:
        answer = sign_in(uploader).post(reverse("batch-new"), {"destination": destination.pk, "file": file})
    assert answer.status_code == 200
    assert b"This file is empty" in answer.content


def test_slices_need_the_token_against_forgery(uploader, destination):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(uploader)
    answer = client.post(reverse("upload-begin"), {"destination": destination.pk, "filename": "a", "size": 1})
    assert answer.status_code == 403


@pytest.mark.parametrize("like", ["own", "somebody else's", "nonsense", "9" * 30])
def test_another_file_like_a_batch_goes_to_the_same_destination(
    sign_in, uploader, outsider, other_destination, destination, receive, like
):
    Membership.objects.create(person=uploader, destination=other_destination, role=Role.UPLOADER)
    own = receive(made.GOOD)
    foreign = receive(made.GOOD, actor=outsider, destination=other_destination)
    number = {"own": own.pk, "somebody else's": foreign.pk}.get(like, like)
    page = text_of(sign_in(uploader).get(reverse("batch-new"), {"like": number}))
    assert (f'<option value="{destination.pk}" selected' in page) == (like == "own")
