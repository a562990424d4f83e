"""Every address of the site, by every method, for every role: what the matrix says, and nothing else."""

import copy
import re

import pytest
from django.db import transaction
from django.urls import reverse

from tests.support import rights
from tests.support.things import one_of_everything
from uploads import access

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: The columns of the matrix.
ROLES = {
    "uploader": 0,
    "reviewer": 1,
    "auditor": 2,
    "admin": 3,
}
#: A passkey that works takes a browser to make.
OF_SOMEBODY_WHO_DOES_NOT_ASK = {"mfa_remove_webauthn"}
#: Settings open these, and the tests' do not.
NOT_HERE = (rights.NOBODY, rights.SCRAPER)
ASKING = ("nobody", "uploader", "colleague", "outsider", "reviewer", "auditor", "admin")
TOKEN_OF_FORM = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def things(checked, uploader, destination, admin):
    """One of everything that an address can be about, the uploader's: arguments by the address's name."""
    return one_of_everything(checked, uploader, destination, admin)


def is_admitted(who: str, name: str, serves: str | access.Action) -> bool:
    """Whether the matrix lets them in."""
    if name in OF_SOMEBODY_WHO_DOES_NOT_ASK:
        return False
    if serves in NOT_HERE:
        return False
    if serves == rights.ANYBODY or who == "nobody":
        return serves == rights.ANYBODY
    if serves == rights.SIGNED_IN:
        return True
    if serves == rights.OWNER:
        return who == "uploader"
    if serves in (access.Action.UPLOAD, rights.MEMBER):
        return who in ("uploader", "colleague", "outsider", "reviewer")
    if serves in (rights.MEMBER_THERE, rights.KNOWS_NAMES):
        members = {"uploader", "colleague", "reviewer"}
        return who in (members if serves == rights.MEMBER_THERE else {*members, "auditor", "admin"})
    if who not in ROLES:
        return False
    reach = access.MATRIX[serves][ROLES[who]]
    return reach == access.ANY or reach == (access.OWN if who == "uploader" else access.OTHERS)


def asked_once(client, method: str, url: str):
    """The answer to a request that leaves nothing behind: no change, and nobody signed out."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = client.generic(method, url)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def outcome_of(answer) -> str:
    """What an answer means: admitted, sign-in, 404 or 405."""
    if answer.status_code in (404, 405):
        return str(answer.status_code)
    if answer.status_code == 302 and answer.url.startswith(f"{reverse('sign-in')}?next="):
        return "sign-in"
    if answer.request["PATH_INFO"] == reverse("readyz") and answer.status_code == 503:
        return "admitted"  # No worker runs here, and it says so.
    assert answer.status_code < 500, answer.request["PATH_INFO"]
    assert answer.status_code not in (401, 403), answer.request["PATH_INFO"]
    return "admitted"


def test_every_address_stands_in_the_table_and_every_line_of_it_leads_somewhere():
    assert set(rights.patterns()) == set(rights.addresses())


def test_the_drawn_rights_are_those_of_the_code():
    """`make docs` writes the page anew."""
    assert rights.PAGE.read_text(encoding="utf-8") == rights.page()


@pytest.mark.parametrize("who", ASKING)
def test_every_address_answers_each_role_as_the_matrix_says(request, client, sign_in_confirmed, things, who):
    if who != "nobody":
        # Fresh from confirming who they are, which some addresses ask for before they say anything else.
        sign_in_confirmed(request.getfixturevalue(who))
    wrong = []
    for name, serves in rights.addresses().items():
        url = reverse(name, args=things(name))
        for method in METHODS:
            outcome = outcome_of(asked_once(client, method, url))
            if not _is_right(who, outcome, name, serves, method):
                wrong.append((name, method, outcome))
    assert not wrong, wrong


def _is_right(who: str, outcome: str, name: str, serves: dict[str, str], method: str) -> bool:
    if method in serves:
        if is_admitted(who, name, serves[method]):
            return outcome == "admitted"
        return outcome == ("sign-in" if who == "nobody" and serves[method] not in NOT_HERE else "404")
    # The pages of signing in take a PUT for a POST; they are about oneself, whatever the method.
    of_oneself = name.startswith("mfa_") or set(serves.values()) <= {rights.ANYBODY, rights.SIGNED_IN}
    return of_oneself or outcome in ("404", "405", "sign-in")


def test_what_an_admin_manages_asks_them_first_to_confirm_who_they_are(sign_in, admin, things):
    client = sign_in(admin)
    only_to_read = {"people", "destinations", "forgetting", "forgetting-live"}
    for name, serves in rights.addresses().items():
        for method, whom in serves.items():
            if whom == access.Action.MANAGE and name not in only_to_read:
                answer = asked_once(client, method, reverse(name, args=things(name)))
                assert answer.url.startswith(reverse("account_reauthenticate")), name


@pytest.mark.parametrize("who", ["outsider", "colleague"])
def test_what_is_somebody_elses_is_as_if_it_were_not_there(request, sign_in, things, who):
    client = sign_in(request.getfixturevalue(who))
    for name in ("batch", "batch-problems", "batch-correction-csv", "batch-review"):
        answers = [client.get(reverse(name, args=args)) for args in (things(name), [1_000_000])]
        assert [answer.status_code for answer in answers] == [404, 404]
        foreign, missing = (TOKEN_OF_FORM.sub(b"", answer.content) for answer in answers)
        assert foreign == missing
