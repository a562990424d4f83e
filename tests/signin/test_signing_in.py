"""Signing in: passwords, limits, second factors, sessions, and what the audit log has of them."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tests.support.second_factor import code_of, confirm, set_up_app
from uploads.models import AuditEvent, User
from uploads.runtime.processes import free_port

from ..conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another pass phrase"
TEMPLATES = settings.BASE_DIR / "templates"


def sign_in_by_form(client, name="uploader", password=PASSWORD, **more):
    """Posts the form of the sign-in page."""
    return client.post(reverse("sign-in"), {"username": name, "password": password, **more})


def is_signed_in(client) -> bool:
    """Whether the history opens."""
    return client.get(reverse("batches")).status_code == 200


def actions() -> list[str]:
    """What the audit log says happened, oldest first."""
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


@pytest.fixture
def with_address(uploader):
    """The uploader, with an e-mail address."""
    uploader.email = "uploader@example.com"
    uploader.save(update_fields=["email"])
    uploader.vouch_for_email()
    return uploader


def link_in_mail() -> str:
    """The path of the link in the one mail that was sent."""
    (message,) = mail.outbox
    return re.search(r"https?://[^/\s]+(/\S+)", message.body)[1]


def test_signing_in_and_out(client, uploader):
    assert sign_in_by_form(client).url == reverse("home")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_name, event.facts) == (
        "person.signed-in",
        "uploader",
        {"by": ["password"]},
    )
    assert client.post(reverse("sign-out")).url == reverse("sign-in")
    assert not is_signed_in(client)
    assert actions()[-1] == "person.signed-out"


def test_the_address_signs_in_as_well_as_the_name(client, with_address):
    assert sign_in_by_form(client, "Uploader@Example.com").url == reverse("home")


def test_a_wrong_password_is_refused_and_written_down_without_what_was_typed(client, uploader):
    for name in ("uploader", "nobody-of-this-name"):
        answer = sign_in_by_form(client, name, "wrong")
        assert b"do not fit together" in answer.content
    failed = AuditEvent.objects.filter(action="person.sign-in-failed").order_by("sequence")
    assert [event.person_name for event in failed] == ["uploader", ""]
    assert {event.actor_id for event in failed} == {0}
    assert not AuditEvent.objects.filter(facts__icontains="nobody-of-this-name").exists()


def test_after_five_failures_even_the_right_password_has_to_wait(client, uploader, reviewer):
    for _attempt in range(5):
        sign_in_by_form(client, password="wrong")
    answer = sign_in_by_form(client)
    assert b"Wait five minutes" in answer.content
    assert AuditEvent.objects.latest("sequence").facts["reason"] == "too many attempts"
    assert sign_in_by_form(client, "reviewer").url == reverse("home")


def test_one_address_cannot_try_for_ever(client, uploader):
    answers = [sign_in_by_form(client, f"name-{number}", "wrong").status_code for number in range(31)]
    assert answers[-1] == 429


def test_signing_in_leads_only_to_pages_of_this_site(client, uploader):
    assert sign_in_by_form(client, next="https://example.com/").url == reverse("home")
    client.post(reverse("sign-out"))
    assert sign_in_by_form(client, next=reverse("batch-new")).url == reverse("batch-new")


def test_nobody_signs_up(client):
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")
    assert b"sign-up" not in client.get(reverse("sign-in")).content


def test_an_app_and_its_codes(client, uploader, django_capture_on_commit_callbacks):
    sign_in_by_form(client)
    with django_capture_on_commit_callbacks(execute=True):
        secret = set_up_app(client, PASSWORD)
    codes = re.findall(r"\b\d{8}\b", client.get(reverse("mfa_download_recovery_codes")).content.decode())
    assert len(codes) == 10
    client.post(reverse("sign-out"))

    def second_step(code):
        assert sign_in_by_form(client).url == reverse("mfa_authenticate")
        assert not is_signed_in(client)
        return client.post(reverse("mfa_authenticate"), {"code": code})

    assert b"not right" in second_step("000000").content
    assert second_step(code_of(secret)).url == reverse("home")
    client.post(reverse("sign-out"))
    assert second_step(codes[0]).url == reverse("home")
    client.post(reverse("sign-out"))
    assert b"not right" in second_step(codes[0]).content
    signed_in = AuditEvent.objects.filter(action="person.signed-in").order_by("sequence")
    assert [event.facts["by"][1:] for event in signed_in] == [[], ["totp"], ["recovery_codes"]]
    assert "person.second-factor-added" in actions()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param('{"id": "a"}', id="a part missing"),
        pytest.param(
            '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30",'
            '"authenticatorData":"YQ","signature":"YQ","userHandle":"YQ"}}',
            id="made up",
        ),
    ],
)
def test_a_passkey_that_is_none_is_refused_and_written_down(client, uploader, answer):
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    refused = client.post(reverse("mfa_login_webauthn"), {"credential": answer}, follow=True)
    assert b"is not right" in refused.content
    assert AuditEvent.objects.get().facts["by"] == "webauthn"


def test_the_secret_of_an_app_is_encrypted_at_rest(client, uploader):
    sign_in_by_form(client)
    secret = set_up_app(client, PASSWORD)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not AuditEvent.objects.filter(facts__icontains=secret).exists()


def test_changing_a_second_factor_asks_who_one_is(sign_in, uploader):
    answer = sign_in(uploader).get(reverse("mfa_activate_totp"))
    assert answer.url.startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("who", ["reviewer", "admin"])
def test_a_role_that_needs_a_second_factor_reaches_nothing_else_without(request, client, settings, who):
    settings.SECOND_FACTOR_ROLES = ["admin", "reviewer"]
    sign_in_by_form(client, request.getfixturevalue(who).username)
    for name in ("batches", "batch-new", "audit", "password-change", "usersessions_list"):
        assert client.get(reverse(name)).url == reverse("mfa_index")
    assert b"needs a second factor" in client.get(reverse("mfa_index")).content
    set_up_app(client, PASSWORD)
    assert is_signed_in(client)


def test_a_role_that_needs_none_is_let_in(client, settings, uploader):
    settings.SECOND_FACTOR_ROLES = ["admin", "reviewer"]
    sign_in_by_form(client)
    assert is_signed_in(client)


def test_the_sessions_of_somebody_disabled_end_at_once(client, uploader):
    sign_in_by_form(client)
    User.objects.filter(pk=uploader.pk).update(is_active=False)
    assert not is_signed_in(client)
    assert sign_in_by_form(client).url == reverse("account_inactive")


def test_sessions_are_listed_and_ended_from_afar(client, uploader, reviewer):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    elsewhere, third, foreign = Client(headers={"user-agent": firefox}), Client(), Client()
    for browser, name in (
        (client, "uploader"),
        (elsewhere, "uploader"),
        (third, "uploader"),
        (foreign, "reviewer"),
    ):
        sign_in_by_form(browser, name)
    listed = client.get(reverse("usersessions_list")).content.decode()
    assert "Firefox on Linux" in listed
    theirs = UserSession.objects.get(user=reviewer)
    assert client.post(reverse("session-end", args=[theirs.pk])).status_code == 404
    one = UserSession.objects.get(user_agent=firefox)
    client.post(reverse("session-end", args=[one.pk]))
    assert [is_signed_in(browser) for browser in (client, elsewhere, third, foreign)] == [
        True,
        False,
        True,
        True,
    ]
    client.post(reverse("usersessions_list"))
    assert [is_signed_in(browser) for browser in (client, third, foreign)] == [True, False, True]
    assert actions().count("person.sessions-ended") == 2


def test_a_session_ends_when_it_is_old_however_busy_it_is(sign_in, uploader, settings):
    client = sign_in(uploader)
    assert client.get(reverse("batches")).status_code == 200
    session = client.session
    session["began"] -= settings.SESSION_COOKIE_AGE
    session.save()

    answer = client.get(reverse("batches"))

    assert answer.url.startswith(reverse("sign-in"))
    assert client.session.is_empty()


def test_changing_the_password_signs_out_elsewhere_and_is_written_down(client, uploader):
    elsewhere = Client()
    sign_in_by_form(client)
    sign_in_by_form(elsewhere)
    answer = client.post(
        reverse("password-change"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert answer.url == reverse("mfa_index")
    assert (is_signed_in(client), is_signed_in(elsewhere)) == (True, False)
    assert actions()[-1] == "person.password-changed"


@pytest.mark.parametrize("weak", ["short", "password123", "1234567890123", "uploader1"])
def test_weak_passwords_are_refused(sign_in, uploader, weak):
    answer = sign_in(uploader).post(
        reverse("password-change"), {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    )
    assert answer.status_code == 200
    uploader.refresh_from_db()
    assert uploader.check_password(PASSWORD)


def test_a_mail_says_what_was_done_to_an_account(client, with_address):
    sign_in_by_form(client)
    client.post(reverse("password-change"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    (message,) = mail.outbox
    assert message.to == ["uploader@example.com"]
    assert message.subject == "Bulkprofile: your password was changed"


@pytest.mark.parametrize(
    "prefix",
    sorted(
        path.relative_to(TEMPLATES).as_posix().removesuffix("_subject.txt")
        for path in TEMPLATES.rglob("email/*_subject.txt")
    ),
)
def test_every_mail_is_whole_and_in_our_words(prefix):
    about = {"timestamp": timezone.now(), "ip": "192.0.2.1", "user": User(username="uploader")}
    subject = render_to_string(f"{prefix}_subject.txt", about)
    text = render_to_string(f"{prefix}_message.txt", about)
    assert subject.startswith("Bulkprofile: ")
    assert "you" in text
    assert not re.search("[{}]|example.com|two-factor", text)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client, with_address):
    assert client.post(reverse("account_reset_password"), {"email": with_address.email}).status_code == 302
    link = link_in_mail()
    form = client.get(link).url
    client.post(form, {"password1": NEW, "password2": NEW})
    assert sign_in_by_form(client, password=NEW).url == reverse("home")
    assert b"used already" in Client().get(link).content
    assert "person.password-reset" in actions()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client, with_address):
    answers = [
        client.post(reverse("account_reset_password"), {"email": address})
        for address in (with_address.email, "stranger@example.com")
    ]
    assert len({answer.url for answer in answers}) == 1
    assert len(mail.outbox) == 1


def test_mail_that_cannot_be_sent_is_said(client, with_address, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    answer = client.post(reverse("account_reset_password"), {"email": with_address.email})
    assert answer.status_code == 503
    assert b"could not be sent" in answer.content


def test_another_address_counts_once_it_is_confirmed(client, with_address):
    sign_in_by_form(client)
    confirm(client, PASSWORD)
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": "1"})
    with_address.refresh_from_db()
    assert with_address.email == "uploader@example.com"
    client.post(link_in_mail())
    with_address.refresh_from_db()
    assert with_address.email == "new@example.com"
    event = AuditEvent.objects.get(action="person.email-changed")
    assert event.facts["changes"]["email"][1] == "new@example.com"
