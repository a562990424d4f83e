"""The pages as people meet them: calm while they refresh, and with a word for whatever goes wrong."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.support.big_file import write_big_file
from tests.support.walking import enter, expect_state, upload

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PROBLEMS = (
    b"thirdPartyId,tier\npages-1,gold\npages/2,silver\n,gold\npages-1,bronze\npages-5,"
    + b"long " * 60
    + b"\n"
)
NO_KEY = b"customer,tier\nC-1,gold\n"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SLICE = 8_000_000


@pytest.fixture(scope="module")
def batches(stack, chromium, tmp_path_factory):
    """The numbers of a batch with problems and of one that asks for its id column."""
    folder = tmp_path_factory.mktemp("pages")
    context = chromium.new_context(base_url=stack.url)
    page = context.new_page()
    enter(page, "uploader", stack.password)
    numbers = []
    for name, content, state in (("problems.csv", PROBLEMS, "ready"), ("no-key.csv", NO_KEY, "received")):
        (folder / name).write_bytes(content)
        numbers.append(upload(page, folder / name))
        expect_state(page, state)
    context.close()
    return numbers


def choose(page: Page, path) -> None:
    """Picks the file and starts its upload."""
    page.set_input_files("#id_file", str(path))
    page.click("#upload-start")


def test_the_chosen_theme_stays(page, sign_in):
    page.emulate_media(color_scheme="light")
    sign_in("uploader")
    page.click("[popovertarget=person-menu]")
    page.click("[data-theme-choice=dark]")
    page.goto("/batches/new/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_choosing_a_column_marks_it_in_the_preview(page, sign_in, batches):
    sign_in("uploader")
    page.goto(f"/batches/{batches[1]}/")
    page.select_option("#id_key_column", "tier")
    expect(page.locator("#sample .chosen")).to_have_text(["thirdPartyId from tier", "gold"])


def test_filtering_problems_replaces_the_table_alone(page, sign_in, batches):
    sign_in("uploader")
    page.goto(f"/batches/{batches[0]}/problems/")
    rows = page.locator("#problems-table tbody tr")
    expect(rows).to_have_count(4)
    page.locator("h1").evaluate("heading => (heading.dataset.kept = 'yes')")
    page.select_option("#id_code", "id-missing")
    expect(rows).to_have_count(1)
    expect(page.locator("h1[data-kept]")).to_have_count(1)
    assert "code=id-missing" in page.url


def test_a_refresh_keeps_what_was_opened_and_the_focus(page, sign_in, upload, stack, tmp_path):
    path = tmp_path / "waits-for-its-check.csv"
    path.write_bytes(PROBLEMS)
    sign_in("uploader")
    with stack.frozen("worker checking"):
        upload(path)
        page.click("#cancel-open")
        page.focus("#cancel-confirm")
        height = page.locator(".status").bounding_box()["height"]
        page.locator("#live").evaluate("live => (live.dataset.old = 'yes')")
        expect(page.locator("#live:not([data-old])")).to_have_count(1)
        expect(page.locator("#live")).to_have_attribute("data-state", "checking")
        expect(page.locator("#cancel-confirm")).to_be_focused()
        assert page.locator(".status").bounding_box()["height"] == height
        page.click("#cancel-confirm")
        expect(page.locator("#live")).to_have_attribute("data-state", "cancelled")


def test_a_screen_reader_hears_now_and_then_how_far_a_check_is(page, sign_in, upload, stack, tmp_path):
    path = tmp_path / "is-read-slowly.csv"
    path.write_bytes(PROBLEMS)
    read = itertools.count(1)

    def read_one_more(route):
        answer = route.fetch()
        text = answer.text().replace("0 rows read", f"{next(read)}000 rows read")
        route.fulfill(response=answer, body=text)

    sign_in("uploader")
    with stack.frozen("worker checking"):
        batch = upload(path)
        page.clock.install()
        page.route("**/live/", read_one_more)
        page.goto(f"/batches/{batch}/")
        expect(page.locator("#live-announcement")).to_have_text("")
        for rows, heard in ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 6), (7, 6)):
            page.clock.run_for(2_000)
            expect(page.locator("#live-how-far")).to_contain_text(f"{rows}000 rows read")
            expect(page.locator("#live-announcement")).to_contain_text(f"{heard}000 rows read")
        page.click("#cancel-open")
        page.click("#cancel-confirm")
        expect(page.locator("#live")).to_have_attribute("data-state", "cancelled")


def test_a_page_asks_the_later_the_longer_nothing_changes_and_not_while_nobody_looks(
    page, sign_in, upload, stack, tmp_path
):
    path = tmp_path / "takes-long.csv"
    path.write_bytes(PROBLEMS)
    sign_in("uploader")
    with stack.frozen("worker checking"):
        batch = upload(path)
        page.clock.install()
        page.goto(f"/batches/{batch}/")
        page.evaluate("window.asked = 0; addEventListener('htmx:beforeRequest', () => window.asked++)")

        def asked_after(seconds: int) -> int:
            """How often it has asked when so much time has passed and what was asked is answered."""
            page.clock.fast_forward(seconds * 1_000)
            expect(page.locator(".htmx-request")).to_have_count(0)
            return page.evaluate("window.asked")

        assert [asked_after(seconds) for seconds in (1, 1, 1, 1)] == [0, 1, 1, 2]
        # It has been quiet for 64 seconds now: a tenth of that is the pause, 6 and not 2.
        assert [asked_after(seconds) for seconds in (60, 2, 3, 2)] == [3, 3, 3, 4]
        assert [asked_after(seconds) for seconds in (3_600, 28, 3)] == [5, 5, 6]
        page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
        assert asked_after(3_600) == 6
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        assert asked_after(0) == 7
        page.click("#cancel-open")
        page.click("#cancel-confirm")
        expect(page.locator("#live")).to_have_attribute("data-state", "cancelled")


def test_the_home_page_keeps_itself_up_to_date(page, sign_in, upload, tmp_path):
    path = tmp_path / "seen-at-home.csv"
    path.write_bytes(PROBLEMS)
    sign_in("uploader")
    home = page.context.new_page()
    home.goto("/")
    home.locator("#chart").evaluate("chart => (chart.dataset.kept = 'yes')")
    upload(path)
    expect(home.locator("#recent-table")).to_contain_text("seen-at-home.csv")
    expect(home.locator("#needs")).to_contain_text("seen-at-home.csv")
    expect(home.locator("#chart[data-kept]")).to_have_count(1)


@pytest.fixture
def held_second_slice(page):
    """The upload stops moving at its second slice; returns the offsets that slices were sent at."""
    offsets = []

    def hold_second(route):
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) == 2:
                return
        route.continue_()

    page.route("**/uploads/*/", hold_second)
    return offsets


def test_an_upload_that_was_stopped_goes_on_after_a_reload(page, sign_in, held_second_slice, tmp_path):
    path = tmp_path / "stopped.csv"
    write_big_file(path, rows=200_000)
    sign_in("uploader")
    page.goto("/batches/new/")
    with page.expect_request(lambda request: request.headers.get("upload-offset") == str(SLICE)):
        choose(page, path)
    page.click("#upload-cancel")
    expect(page.locator(".line-said")).to_contain_text("Stopped at")
    page.reload()
    choose(page, path)
    page.wait_for_url(lambda url: "/new/" not in url)
    assert held_second_slice == [0, SLICE, SLICE, 2 * SLICE]


def test_somebody_signed_out_in_mid_upload_is_told_what_to_do(page, sign_in, tmp_path):
    path = tmp_path / "signed-out.csv"
    write_big_file(path, rows=100_000)
    sign_in("uploader")
    page.goto("/batches/new/")
    page.context.clear_cookies()
    choose(page, path)
    expect(page.locator("#upload-error")).to_contain_text("Sign in again")
    expect(page.locator("#upload-sign-in")).to_have_attribute("href", "/sign-in/?next=/batches/new/")


def test_an_empty_file_is_refused_before_it_is_sent(page, sign_in, tmp_path):
    path = tmp_path / "empty.csv"
    path.touch()
    sign_in("uploader")
    page.goto("/batches/new/")
    choose(page, path)
    expect(page.locator(".line-said")).to_contain_text("This file is empty")
    expect(page.locator(".line-bar")).to_be_hidden()


def test_the_history_is_filtered_and_sorted_by_keyboard(page, sign_in, batches):
    sign_in("uploader")
    page.goto("/batches/")
    page.focus("#id_q")
    page.keyboard.type("problems.csv")
    page.keyboard.press("Enter")
    page.wait_for_url("**/batches/?*q=problems.csv*")
    page.get_by_role("link", name="With errors").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="With errors")).to_have_attribute("aria-sort", "descending")
    assert "q=problems.csv" in page.url
    expect(page.locator("#history-table .file a")).to_have_text("problems.csv")


def test_home_answers_without_javascript(chromium, stack, batches):
    context = chromium.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, "uploader", stack.password)
    expect(page.locator("[data-need=ready]")).to_contain_text("problems.csv")
    page.focus("#health-details summary")
    page.keyboard.press("Enter")
    expect(page.locator(".health-lines")).to_contain_text("1 worker")
    page.fill("#id_identifier", "pages/2")
    page.keyboard.press("Enter")
    expect(page.locator("#found-table")).to_contain_text("problems.csv")
    assert "pages" not in page.url
    context.close()
