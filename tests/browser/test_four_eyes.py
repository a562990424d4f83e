"""Four eyes, as people walk it: one asks, another returns and then approves, an auditor reads."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_pages import RULES
from tests.support.sandbox import profiles_at
from tests.support.walking import expect_state

pytestmark = [pytest.mark.browser, pytest.mark.processes]

DESTINATION = "Sandbox (four eyes)"
ACCOUNT = "sandbox-four-eyes"


def test_a_batch_goes_out_once_a_second_person_has_approved_it(sign_in, page, stack, tmp_path):
    path = tmp_path / "approved.csv"
    path.write_bytes(b"thirdPartyId,tier\neyes-1,gold\neyes-2,silver\neyes/3,tin\n")

    def look_well():
        assert not Axe().run(page, options=RULES).response["violations"]

    def ask(because):
        page.click("#ask")
        look_well()
        page.fill("#id_because", because)
        page.click("#ask-form [type=submit]")
        expect_state(page, "awaiting-approval")

    def review():
        sign_in("reviewer")
        # Others may wait for it, too.
        expect(page.locator("[data-need=approval]")).to_contain_text("for your approval")
        page.locator("[data-need=approval] .need-list a", has_text="approved.csv").click()
        page.click("#review")
        look_well()

    sign_in("uploader")
    page.goto("/batches/new/")
    page.select_option("#id_destination", label=DESTINATION)
    page.set_input_files("#id_file", str(path))
    page.click("#upload-form button[type=submit]")
    page.wait_for_url(re.compile(r"/batches/\d+/$"))
    address = page.url
    expect_state(page, "ready")
    expect(page.locator("#send")).to_have_count(0)
    ask("The tiers of this month.")

    review()
    expect(page.locator("#because")).to_contain_text("The tiers of this month.")
    expect(page.locator("#sample-table")).not_to_contain_text("gold")
    page.fill("#id_comment", "Say which month.")
    page.click("button[value=returned]")
    expect_state(page, "ready")

    sign_in("uploader")
    page.goto(address)
    expect(page.locator("#approval")).to_contain_text("Say which month.")
    ask("The tiers of November.")

    review()
    page.click(f"text=Approve and send 2 profiles to {DESTINATION}")
    expect_state(page, "complete")
    arrived = profiles_at(stack.sandbox_url, ACCOUNT)
    assert arrived == {"eyes-1": {"tier": "gold"}, "eyes-2": {"tier": "silver"}}

    sign_in("auditor")
    page.goto(f"/audit/?batch={address.rstrip('/').rsplit('/', 1)[-1]}")
    expect(page.locator("#audit-table")).to_contain_text("reviewer approved batch")
