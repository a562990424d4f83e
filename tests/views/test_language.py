"""The choice of a language, and what is written in it."""

import csv
import io
import re

import pytest
from django.core import mail
from django.urls import reverse

from tests.conftest import PASSWORD
from tests.support import files as made
from uploads import workflow
from uploads.models import Invitation, User

pytestmark = pytest.mark.django_db
HEADINGS = {"en": "Sign in", "es": "Iniciar sesión", "fr": "Se connecter"}


def language_of(answer) -> str:
    """The language that a page says it is in."""
    return re.search(r'<html lang="(\w+)"', answer.content.decode())[1]


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        pytest.param("fr", "fr", id="french"),
        pytest.param("es-MX,es;q=0.9,en;q=0.8", "es", id="a-country's-spanish"),
        pytest.param("de, fr-CA;q=0.8, en;q=0.5", "fr", id="the-second-wish"),
        pytest.param("de", "en", id="none-of-ours"),
        pytest.param("", "en", id="nothing"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(client, asked, spoken):
    answer = client.get(reverse("sign-in"), headers={"accept-language": asked})
    assert language_of(answer) == spoken
    assert f"<h1>{HEADINGS[spoken]}</h1>" in answer.content.decode()
    assert answer["Content-Language"] == spoken


def test_a_choice_outlives_the_browser_and_the_session(sign_in, client, uploader):
    sign_in(uploader).post(reverse("language"), {"language": "fr"})
    client.logout()
    answer = sign_in(uploader).get(reverse("batches"), headers={"accept-language": "es"})
    assert language_of(answer) == "fr"
    assert "<h1>Lots</h1>" in answer.content.decode()


def test_what_was_chosen_on_the_sign_in_page_is_the_persons_from_then_on(client, uploader):
    User.objects.filter(pk=uploader.pk).update(language="es")
    client.post(reverse("language"), {"language": "fr"})
    assert language_of(client.get(reverse("sign-in"))) == "fr"
    client.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    uploader.refresh_from_db()
    assert uploader.language == "fr"


@pytest.mark.parametrize(("before", "after"), [("", "es"), ("fr", "fr")], ids=["first-time", "chosen-before"])
def test_whoever_signs_in_without_choosing_keeps_what_they_have_spoken(client, uploader, before, after):
    User.objects.filter(pk=uploader.pk).update(language=before)
    wanted = {"username": "uploader", "password": PASSWORD}
    client.post(reverse("sign-in"), wanted, headers={"accept-language": "es"})
    uploader.refresh_from_db()
    assert uploader.language == after


@pytest.mark.parametrize("language", ["de", "", "../../es", "x" * 1000])
def test_a_language_that_nobody_speaks_here_changes_nothing(sign_in, client, uploader, language):
    client.post(reverse("language"), {"language": language})
    sign_in(uploader).post(reverse("language"), {"language": language})
    uploader.refresh_from_db()
    assert uploader.language == ""


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        pytest.param("http://testserver/batches/?page=2", "http://testserver/batches/?page=2", id="our-page"),
        pytest.param("https://elsewhere.example/", "/", id="another-site"),
        pytest.param("", "/", id="a-browser-that-says-nothing"),
    ],
)
def test_the_choice_leads_back_to_a_page_of_ours(client, came_from, goes_to):
    answer = client.post(reverse("language"), {"language": "es"}, headers={"referer": came_from})
    assert answer.status_code == 302
    assert answer["Location"] == goes_to


def test_a_language_that_is_spoken_no_more_gives_way_to_the_browsers(sign_in, uploader):
    User.objects.filter(pk=uploader.pk).update(language="la")
    answer = sign_in(uploader).get(reverse("batches"), headers={"accept-language": "es"})
    assert language_of(answer) == "es"


def test_an_invitation_is_written_in_the_language_that_the_admin_chose(sign_in_confirmed, admin):
    wanted = {"email": "new@example.com", "language": "fr"}
    sign_in_confirmed(admin).post(reverse("invite"), wanted)
    assert Invitation.objects.get().language == "fr"
    assert mail.outbox[0].subject == "Votre invitation à Bulkprofile"
    assert "admin vous invite dans Bulkprofile" in mail.outbox[0].body


def test_whoever_accepts_an_invitation_keeps_the_language_they_read_it_in(client, admin):
    links = []
    workflow.invite(admin, "new@example.com", link_to=lambda token: links.append(token) or token)
    told = {"username": "new", "password": PASSWORD, "again": PASSWORD}
    client.post(reverse("invitation", args=links), told, headers={"accept-language": "es"})
    assert User.objects.get(username="new").language == "es"


def test_an_e_mail_is_in_its_readers_language_whoever_asks_for_it(client, uploader):
    User.objects.filter(pk=uploader.pk).update(language="es", email="uploader@example.com")
    wanted = {"email": "uploader@example.com"}
    answer = client.post(reverse("account_reset_password"), wanted, headers={"accept-language": "fr"})
    assert answer.status_code == 302
    assert mail.outbox[0].subject == "Bulkprofile: defina una contraseña nueva"
    assert "Abra este enlace" in mail.outbox[0].body


@pytest.mark.parametrize(("language", "says"), [("es", "Rellene"), ("fr", "Renseignez"), ("en", "Fill in")])
def test_a_report_is_written_in_its_readers_language_and_can_be_corrected_in_any(
    sign_in, uploader, checked, language, says
):
    batch = checked(made.SOME_BAD)
    User.objects.filter(pk=uploader.pk).update(language=language)
    answer = sign_in(User.objects.get(pk=uploader.pk)).get(reverse("batch-correction-csv", args=[batch.pk]))
    report = b"".join(answer.streaming_content)
    rows = list(csv.DictReader(io.StringIO(report.decode("utf-8-sig"))))
    assert any(says in row["_explanation"] for row in rows)
    again = checked(report, filename="corrected.csv")
    assert again.corrects == batch
