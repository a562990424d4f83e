"""One walk a role, as the demo accounts: what each sees, its main job, and what does not exist for it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.walking import confirm, expect_state, number_of, send
from uploads import demo
from uploads.models import Destination

pytestmark = [pytest.mark.browser, pytest.mark.processes]

AT_ONCE, REVIEWED = "Sandbox", "Sandbox (four eyes)"
CONTENT = "thirdPartyId,tier\r\nroles-1,gold\r\nroles/2,Köln\r\nroles-3,tin\r\n".encode()
UPLOADING, AUDITING, MANAGING = ["New batch"], ["Audit log"], ["People", "Destinations"]
#: For each role what its menu offers beside home and the batches, and addresses that are not there for it.
MENUS = {
    "uploader": UPLOADING,
    "reviewer": UPLOADING,
    "auditor": AUDITING,
    "admin": AUDITING + MANAGING,
}
ADDRESSES = {
    "New batch": "/batches/new/",
    "Audit log": "/audit/",
    "People": "/people/",
    "Destinations": "/destinations/",
}


@pytest.fixture
def file(tmp_path):
    """Two good rows, one bad, and line ends that nobody may touch."""
    path = tmp_path / "roles.csv"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def enter(page, sign_in):
    """Signs a role in, and looks whether its menu and its addresses are its own."""

    def enter(role: str) -> None:
        sign_in(role)
        expect(page.locator(".topnav a")).to_have_text(["Home", "Batches", *MENUS[role]])
        for name in set(ADDRESSES) - set(MENUS[role]):
            assert page.goto(ADDRESSES[name]).status == 404
        page.goto("/batches/")

    return enter


@pytest.fixture
def checked(page, file):
    """Uploads the file for a destination, waits for its check, and returns the batch's address."""

    def checked(destination: str) -> str:
        page.goto("/batches/new/")
        page.select_option("#id_destination", label=destination)
        page.set_input_files("#id_file", str(file))
        page.click("#upload-start")
        page.wait_for_url(re.compile(r"/batches/\d+/$"))
        expect_state(page, "ready")
        return page.url

    return checked


def download(page: Page) -> bytes:
    """The uploaded file, by its button on the batch's page."""
    with page.expect_download() as download:
        page.click("#original")
    return download.value.path().read_bytes()


def test_the_demo_has_two_destinations_with_different_rules():
    rules = {name: rule for name, _code, rule in demo.DESTINATIONS}
    assert rules == {AT_ONCE: Destination.Approval.NEVER, REVIEWED: Destination.Approval.ALWAYS}


def test_an_uploader_sends_where_they_may_and_asks_where_they_must(enter, page, checked):
    enter("uploader")
    checked(AT_ONCE)
    assert download(page) == CONTENT
    expect(page.locator("#ask")).to_have_count(0)
    send(page)
    expect_state(page, "complete")
    address = checked(REVIEWED)
    expect(page.locator("#send")).to_have_count(0)
    page.click("#ask")
    page.fill("#id_because", "The tiers of this month.")
    page.click("#ask-form [type=submit]")
    expect_state(page, "awaiting-approval")
    assert page.goto(f"{address}review/").status == 404
    page.goto(address)
    page.click("#take-back-form [type=submit]")
    expect_state(page, "ready")


def test_a_reviewer_sees_rows_and_decides_about_what_others_uploaded(enter, page, checked, sign_in):
    sign_in("uploader")
    checked(REVIEWED)
    page.click("#ask")
    page.fill("#id_because", "The tiers of this month.")
    page.click("#ask-form [type=submit]")
    expect_state(page, "awaiting-approval")
    address = page.url
    enter("reviewer")
    page.goto(address)
    assert download(page) == CONTENT
    page.goto(f"{address}problems/")
    expect(page.locator("#problems-table")).to_contain_text("roles/2")
    page.goto(address)
    page.click("#review")
    page.fill("#id_comment", "Not these tiers.")
    page.click("button[value=rejected]")
    expect_state(page, "rejected")
    checked(REVIEWED)
    expect(page.locator("#review")).to_have_count(0)
    expect(page.locator("#ask")).to_be_visible()


def test_an_auditor_reads_what_happened_but_no_row(enter, page, checked, sign_in):
    sign_in("uploader")
    address = checked(AT_ONCE)
    download(page)
    enter("auditor")
    page.goto(address)
    expect(page.locator("[data-figure=rejected]").first).to_contain_text("1")
    expect(page.locator("#original, #send, #cancel-open")).to_have_count(0)
    page.goto(f"{address}problems/")
    expect(page.locator("#problems")).to_contain_text("You may see counts only")
    assert page.goto(f"{address}original/").status == 404
    page.goto(f"/audit/?batch={number_of(address)}")
    expect(page.locator("#audit-table")).to_contain_text("uploader downloaded the uploaded file of batch")
    page.goto("/audit/chain/")
    page.click("text=Verify now")
    expect(page.locator("#live")).to_have_attribute("data-tone", "done")


def test_an_admin_manages_people_and_destinations_but_sees_no_row(enter, page, checked, sign_in, stack):
    sign_in("uploader")
    address = checked(AT_ONCE)
    enter("admin")
    page.goto(address)
    expect(page.locator("#original, #send, #cancel-open")).to_have_count(0)
    assert page.goto(f"{address}original/").status == 404
    page.goto("/people/")
    page.click("main table a:text-is('auditor')")
    confirm(page, stack.password)
    page.select_option("#membership-form [name=destination]", label=AT_ONCE)
    page.select_option("#membership-form [name=role]", label="Reviewer")
    page.click("#membership-form [type=submit]")
    expect(page.locator("#memberships")).to_contain_text("Reviewer")
    page.click("#memberships form >> nth=0 >> button")
    expect(page.locator("#memberships form")).to_have_count(1)
    page.goto("/audit/")
    expect(page.locator("#audit-table")).to_contain_text("took the role Reviewer at Sandbox from auditor")


def test_an_admin_has_a_visitor_forgotten(enter, page, checked, sign_in, stack):
    sign_in("uploader")
    address = checked(AT_ONCE)
    page.click("#cancel-open")
    page.click("#cancel-confirm")
    expect_state(page, "cancelled")
    enter("admin")
    page.goto("/people/")
    page.click("text=Forget a visitor…")
    confirm(page, stack.password)
    page.fill("#forget-form [name=identifier]", "roles-3")
    page.click("#forget-form [type=submit]")
    expect(page.locator("#live")).to_have_attribute("data-phase", "found")
    expect(page.locator("#found-table")).to_contain_text(f"#{number_of(address)}")
    assert "roles-3" not in page.content() + page.url
    page.click("#remove-form [type=submit]")
    expect(page.locator("#live")).to_have_attribute("data-phase", "done")
    sign_in("uploader")
    page.goto(address)
    expect(page.locator("#kept")).to_contain_text("a person was forgotten")
    assert download(page) == CONTENT.replace(b"roles-3,tin", b"")
