"""What every answer says to the browser, with the settings of production."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD
from tests.support import rights
from tests.support.broken_urls import SECRET
from tests.support.things import one_of_everything

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[1]
#: The settings that tell production from a laptop, and have a say in headers and cookies.
DECIDING = (
    r"SECURE_|SESSION_COOKIE_|CSRF_COOKIE_|LANGUAGE_COOKIE_|X_FRAME|CONTENT_SECURITY|MESSAGE_|SECOND_FACTOR"
)
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
DOWNLOADS = {
    "batch-original",
    "batch-example",
    "batches-csv",
    "batches-jsonl",
    "batch-refused-csv",
    "batch-correction-csv",
    "batch-arrival-csv",
    "batch-left-out-csv",
    "batch-near-limit-csv",
    "audit-csv",
    "audit-jsonl",
    "audit-copy",
    "mfa_download_recovery_codes",
}


@pytest.fixture(scope="session")
def values_of_production():
    """What the product's own settings say where nobody has relaxed them."""
    program = (
        "import json, re; from bulkprofile import settings as s; "
        f"print(json.dumps({{name: getattr(s, name) for name in dir(s) if re.match('{DECIDING}', name)}}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "BULKPROFILE_INSECURE_HTTP": "0"},
        capture_output=True,
        check=True,
    )
    return json.loads(said.stdout)


@pytest.fixture
def production(settings, values_of_production):
    """The site as it is in production."""
    for name, value in values_of_production.items():
        setattr(settings, name, value)


@pytest.fixture
def things(checked, uploader, destination, admin):
    """One of everything that an address can be about: arguments by the address's name."""
    return one_of_everything(checked, uploader, destination, admin)


@pytest.fixture
def browser(production):
    """Signs a person in over HTTPS, who also confirms who they are; nobody for None."""

    def browser(person) -> Client:
        client = Client(raise_request_exception=False)
        if person is not None:
            client.force_login(person)
            client.post(reverse("account_reauthenticate"), {"password": PASSWORD}, secure=True)
        return client

    return browser


def answers(client, things):
    """What every address answers to GET and POST, with its name; nothing is changed by it."""
    for name in rights.addresses():
        for method in ("GET", "POST"):
            cookies = client.cookies.copy()
            with transaction.atomic():
                yield name, client.generic(method, reverse(name, args=things(name)), secure=True)
                transaction.set_rollback(True)
            client.cookies = cookies


def is_protected(answer) -> bool:
    """Whether it carries each header that every answer must have."""
    policy = {part.strip() for part in answer.headers.get("Content-Security-Policy", "").split(";")}
    return policy == POLICY and all(answer.headers.get(name) == said for name, said in EVERYWHERE.items())


@pytest.mark.parametrize("who", ["nobody", "uploader", "reviewer", "auditor", "admin"])
def test_every_address_is_protected_and_kept_by_no_cache(request, browser, things, who):
    client = browser(None if who == "nobody" else request.getfixturevalue(who))

    wrong = [
        (name, answer.status_code)
        for name, answer in answers(client, things)
        if not is_protected(answer) or "no-store" not in answer.headers.get("Cache-Control", "")
    ]

    assert not wrong


def test_what_is_no_page_is_a_download_that_no_browser_opens(browser, things, uploader, auditor):
    downloads = {}
    for person in (uploader, auditor):
        for name, answer in answers(browser(person), things):
            said = answer.headers.get("Content-Disposition", "")
            is_page = re.match("text/html|application/json$", answer["Content-Type"])
            if said or (answer.status_code == 200 and not is_page and name not in rights.PROBES):
                downloads[name] = said

    assert set(downloads) == DOWNLOADS
    for name, said in downloads.items():
        assert re.fullmatch(r'attachment; filename="[\w.-]+"', said), name


def test_static_files_are_protected_as_well(browser, settings):
    settings.WHITENOISE_AUTOREFRESH = False
    path = "css/bulkprofile.css"
    assert finders.find(path)

    answer = browser(None).get(f"/static/{path}", secure=True)

    assert answer.status_code == 200
    assert is_protected(answer)


def test_a_page_that_breaks_is_protected_as_well(browser, settings):
    settings.ROOT_URLCONF = "tests.support.broken_urls"

    answer = browser(None).get("/broken/", secure=True)

    assert answer.status_code == 500
    assert is_protected(answer)
    assert b"Something broke on our side" in answer.content
    assert SECRET.encode() not in answer.content and b"RuntimeError" not in answer.content


def test_cookies_reach_no_script_no_other_host_and_no_plain_http(browser, uploader):
    client = browser(None)
    client.get(reverse("sign-in"), secure=True)
    client.post(reverse("sign-in"), {"username": uploader.username, "password": PASSWORD}, secure=True)

    assert set(client.cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in client.cookies.values():
        assert cookie["secure"] and cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["domain"], cookie.key


def test_plain_http_leads_to_https_and_nowhere_else(production):
    answer = Client().get("/batches/?page=2")

    assert (answer.status_code, answer.url) == (301, "https://testserver/batches/?page=2")


def test_trace_gives_nobody_back_what_they_sent(browser, things, uploader):
    client = browser(uploader)
    echoing = []
    for name in rights.addresses():
        url = reverse(name, args=things(name))
        answer = client.generic("TRACE", url, secure=True, headers={"X-Sent": "what-was-sent"})
        if b"what-was-sent" in answer.content or answer.headers["Content-Type"] == "message/http":
            echoing.append(name)

    assert not echoing
