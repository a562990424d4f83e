"""Fixing rows on the page of problems: by keyboard, and without JavaScript; what was typed arrives."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_pages import RULES
from tests.support.sandbox import profiles_at
from tests.support.waiting import eventually
from tests.support.walking import expect_state, send

pytestmark = [pytest.mark.browser, pytest.mark.processes]

CUSTOMERS = "thirdPartyId,tier,city\nfix/1,gold,Oslo\nfix-2,silver,Lima\nfix/3,iron,Rome\nfix+4,tin,Bern\n"


@pytest.fixture
def batch(sign_in, upload, page, tmp_path) -> int:
    """The number of a checked batch with three bad rows."""
    path = tmp_path / "to-fix.csv"
    path.write_text(CUSTOMERS)
    sign_in("uploader")
    number = upload(path)
    expect_state(page, "ready")
    return number


def violations(page) -> list:
    """What axe finds in either theme."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += Axe().run(page, options=RULES).response["violations"]
    return found


def test_a_cell_is_fixed_by_keyboard_and_a_row_left_out_and_the_rest_is_sent(batch, page, stack):
    page.goto(f"/batches/{batch}/problems/?text=fix/")
    assert not violations(page)
    page.locator("#problems-table tbody tr").first.get_by_role("link", name="Fix line 2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Fix line 2")
    assert not violations(page)
    page.get_by_label("thirdPartyId").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("fix-1")
    page.keyboard.press("Enter")

    # Narrowed as it was before; by itself the list becomes that of the new check.
    page.wait_for_url("**/problems/?text=fix%2F")
    expect(page.locator("#problems-table tbody tr")).to_have_count(1)
    expect(page.locator("#fixed-table")).to_contain_text("fix-1")
    assert not violations(page)

    page.goto(f"/batches/{batch}/rows/4/")
    page.get_by_role("button", name="Leave this row out").click()
    expect(page.locator("#fixed-table tbody tr")).to_have_count(2)
    page.goto(f"/batches/{batch}/")
    expect_state(page, "ready")
    expect(page.locator("#live-headline")).to_have_text("2 rows will be sent, 1 has errors and stays out")
    expect(page.locator("[data-figure=left_out]")).to_have_text("1")
    assert not violations(page)

    send(page)
    expect_state(page, "complete")
    expect(page.locator("[data-ledger=left_out]")).to_have_text("1")
    arrived = profiles_at(stack.sandbox_url)
    assert arrived["fix-1"] == {"tier": "gold", "city": "Oslo"}
    assert not {"fix/1", "fix/3", "fix-3"} & set(arrived)


def test_a_row_is_fixed_and_that_undone_without_javascript(batch, page, chromium, stack):
    plain = chromium.new_context(
        java_script_enabled=False, base_url=stack.url, storage_state=page.context.storage_state()
    )
    with plain:
        plain_page = plain.new_page()
        plain_page.goto(f"/batches/{batch}/rows/5/")
        plain_page.fill("#row-cell-0", "fix-4")
        plain_page.click("button[value=save]")
        expect(plain_page.locator("#fixed-table")).to_contain_text("fix-4")
        _reloaded_until(plain_page, 2)
        plain_page.click("#fixed-table button[value=undo]")
        _reloaded_until(plain_page, 3)
        expect(plain_page.locator("#fixed-table")).to_have_count(0)


def _reloaded_until(page, problems: int) -> None:
    def shown() -> bool:
        page.reload()
        return page.locator("#problems-table tbody tr").count() == problems

    eventually(shown, f"{problems} problems are left")
