"""How a file comes in: chosen or dropped, tried out on its first rows, and known again the next time."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_pages import RULES
from tests.support.walking import enter, expect_state, send

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def look(page):
    """Looks whether the page as it stands is accessible and fits, in both themes, on a desk and a phone."""

    def look() -> None:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
                wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert wider <= 0, f"{wider} px wider than {width} px"
                found = Axe().run(page, options=RULES).response["violations"]
                assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]

    return look


DROP = """([zone, files]) => {
    const dropped = new DataTransfer();
    for (const [name, text] of files) dropped.items.add(new File([text], name));
    for (const kind of ["dragover", "drop"])
        zone.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""


def test_files_dropped_at_once_become_batches_one_after_another(sign_in, page, look):
    files = [
        ("drop-1.csv", "thirdPartyId,tier\ndrop-1,gold\n"),
        ("empty.csv", ""),
        ("drop-2.csv", "thirdPartyId,tier\ndrop-1,gold\n"),
    ]
    sign_in("uploader")
    page.goto("/batches/new/")
    page.evaluate(f"({DROP})([document.getElementById('drop-zone'), {json.dumps(files)}])")
    lines = page.locator(".upload-line")
    expect(lines).to_have_count(3)
    expect(lines.nth(1)).to_contain_text("This file is empty")
    page.focus("#upload-start")
    page.keyboard.press("Enter")
    for place in (0, 2):
        expect(lines.nth(place).get_by_role("link")).to_contain_text("open batch #")
    expect(lines.nth(2)).to_contain_text("You uploaded the same file on")
    expect(page.locator("#upload-done")).to_be_focused()
    look()
    page.click(".upload-line a >> nth=0")
    expect(page.locator("h1")).to_have_text("drop-1.csv")


def test_one_of_several_files_is_left_out_and_a_stopped_one_goes_on(sign_in, page, tmp_path):
    paths = [tmp_path / f"several-{number}.csv" for number in (1, 2, 3)]
    for path in paths:
        path.write_text(f"thirdPartyId,tier\n{path.stem},gold\n")
    sign_in("uploader")
    held = []
    page.route(
        "**/uploads/*/",
        lambda route: (
            held.append(route) if route.request.method == "PATCH" and not held else route.continue_()
        ),
    )
    page.goto("/batches/new/")
    page.set_input_files("#id_file", [str(path) for path in paths])
    lines = page.locator(".upload-line")
    lines.nth(1).get_by_role("button").click()
    expect(lines.locator(".line-name")).to_have_text(["several-1.csv", "several-3.csv"])
    with page.expect_request(lambda request: request.method == "PATCH"):
        page.click("#upload-start")
    page.click("#upload-cancel")
    expect(lines.nth(0)).to_contain_text("Stopped at 0%")
    expect(lines.nth(1)).to_contain_text("waiting")
    page.click("#upload-start")
    expect(lines.get_by_role("link")).to_have_count(2)


def test_choices_show_at_once_and_the_next_file_is_read_by_them(sign_in, upload, page, look, tmp_path):
    used, first, second = (tmp_path / name for name in ("used.csv", "may.csv", "june.csv"))
    used.write_bytes(b"thirdPartyId,intakeTier\nin-0,gold\n")
    first.write_bytes(b"kunde,intakeTeir,memo\nin-1,gold,NULL\n")
    second.write_bytes(b"kunde,intakeTeir,memo\nin-2,silver,call\n")
    sign_in("uploader")
    upload(used)
    expect_state(page, "ready")
    send(page)
    expect_state(page, "complete")

    upload(first)
    expect_state(page, "received")
    head = page.locator("#sample th .column")
    page.select_option("#id_key_column", "kunde")
    expect(head).to_have_text(["thirdPartyId", "intakeTeir", "memo"])
    page.focus("button[name=take]")
    page.keyboard.press("Enter")
    expect(head).to_have_text(["thirdPartyId", "intakeTier", "memo"])
    expect(page.get_by_label("Send intakeTeir as")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("note")
    page.keyboard.press("Tab")
    expect(head).to_have_text(["thirdPartyId", "intakeTier", "note"])
    page.keyboard.press("Space")
    expect(page.locator("#sample th.left-out")).to_have_text("memo not sent")
    look()
    page.click("#confirm-reading")
    expect_state(page, "ready")

    upload(second)
    expect_state(page, "ready")
    expect(page.locator("#remembered")).to_contain_text("Read as you read “may.csv” on")
    look()
    page.click("#remembered >> text=Start afresh")
    expect(head).to_have_text(["kunde", "intakeTeir", "memo"])


def test_without_javascript_choices_are_tried_out_by_a_button(chromium, stack, tmp_path):
    path = tmp_path / "plain.csv"
    path.write_bytes("nummer;ort\nx-1;Köln, Nord\n".encode("cp1252"))
    context = chromium.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, "uploader", stack.password)
    page.goto("/batches/new/")
    page.set_input_files("#id_file", str(path))
    page.click("#upload-form button[type=submit]")
    page.wait_for_url(re.compile(r"/batches/\d+/$"))
    page.select_option("#id_delimiter", ",")
    page.click("button[name=show]")
    expect(page.locator("#sample th .column")).to_have_text(["nummer;ort"])
    page.select_option("#id_delimiter", ";")
    page.click("button[name=show]")
    page.select_option("#id_key_column", "nummer")
    page.fill("#id_sent_as_1", "city")
    page.click("button[name=show]")
    expect(page.locator("#sample th .column")).to_have_text(["thirdPartyId", "city"])
    page.click("#confirm-reading")
    page.wait_for_url(re.compile(r"/batches/\d+/$"))
    expect(page.locator("#live")).not_to_have_attribute("data-state", "received")
    context.close()
