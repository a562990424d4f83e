"""A chosen time, as people choose it, and the real sweep, which sends it then."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_pages import RULES
from tests.support.sandbox import profiles_at
from tests.support.walking import expect_state

pytestmark = [pytest.mark.browser, pytest.mark.processes]

#: Long enough to press a button on a busy machine.
AHEAD = timedelta(seconds=15)


def look_well(page) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert not Axe().run(page, options=RULES).response["violations"]


def test_a_batch_is_stopped_scheduled_again_and_sent_by_itself_at_its_time(
    sign_in, upload, page, stack, tmp_path
):
    path = tmp_path / "later.csv"
    path.write_bytes(b"thirdPartyId,tier\nlater-1,gold\n")
    sign_in("uploader")
    upload(path)
    expect_state(page, "ready")

    def schedule(ahead: timedelta) -> None:
        page.click("#send")
        now, later = page.locator(".if-now"), page.locator(".if-later")
        expect(now).to_have_text("Send 1 profile to Sandbox")
        expect(later).to_be_hidden()
        page.check("input[value=later]")
        expect(now).to_be_hidden()
        # To the second, which the field does not offer: nobody wants to wait for a full minute here.
        page.locator("#send-form").evaluate("form => (form.noValidate = true)")
        page.fill("#id_at", f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%S}")
        if ahead != AHEAD:
            look_well(page)
        later.click()
        expect_state(page, "scheduled")

    schedule(timedelta(days=1))
    page.click("#unschedule-form [type=submit]")
    expect_state(page, "ready")
    schedule(AHEAD)
    expect_state(page, "complete")
    assert profiles_at(stack.sandbox_url)["later-1"] == {"tier": "gold"}
    page.reload()
    look_well(page)
