"""The pictures of docs/tour.md: starts the whole product on a folder of its own, and walks through it.

`make tour`, that is `python -m tests.support.tour`, writes docs/tour/*.png. With `--look FOLDER` it writes
there instead, each screen whole, on a desk and on a phone, in both themes: for whoever changes how something
looks. All people, ids and values in the pictures are made up.
"""

import argparse
import csv
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path

import django
import psutil
import requests
from django.db.models import F
from django.utils.timezone import localdate
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.big_file import write_big_file
from tests.support.chromium import find_or_install
from tests.support.stack import ROOT, Stack
from tests.support.waiting import eventually
from tests.support.walking import WAIT_MS, enter, expect_state, number_of, send, upload

PICTURES = ROOT / "docs" / "tour"
WIDTH, HEIGHT, TALLEST = 1280, 800, 1160
PHONE_WIDTH = 390
FILE = "november-tiers.csv"
HEADER = ["customerNumber", "Tier", "city", "favourite", "renewal", "newsletter"]
TIERS = ("gold", "silver", "bronze")
CITIES = ("Oslo", "Lima", "Köln", "Bern", "Rome", "Quito", "Porto")
FAVOURITES = ("Tea", "Coffee", "Beer & Ale", "Wine", "Mate")
#: Rows of the file; rows that Target would not take, by what is wrong; and rows that are sent with a warning.
ROWS, FORBIDDEN, REPEATED, NAMELESS = 48_522, 188, 97, 27
WORDS_FOR_NOTHING = 95
EVERYBODY_ROWS = 400_000
#: What was sent before: days ago, file, rows, and what the sandbox made of it.
EARLIER = (
    (27, "october-tiers.csv", 900, None),
    (24, "newsletter-opt-ins.csv", 410, None),
    (20, "spring-sale-vip.csv", 260, None),
    (16, "loyalty-points.csv", 1_100, "failed-rows"),
    (13, "newsletter-opt-ins-2.csv", 520, None),
    (9, "store-visitors.csv", 760, None),
    (6, "loyalty-points-corrected.csv", 140, None),
    (2, "winter-sale-vip.csv", 640, "failed-rows"),
)


class Camera:
    """Takes the pictures of a page: one for the tour, or one for each width and theme to look at."""

    def __init__(self, folder: Path, *, every_way: bool):
        self._folder = folder
        self._every_way = every_way
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str) -> None:
        """Writes what the page shows now as `name`.png."""
        if self._every_way:
            for width, theme in product((WIDTH, PHONE_WIDTH), ("light", "dark")):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=self._folder / f"{name}-{width}-{theme}.png", full_page=True)
            page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            return
        page.evaluate("window.scrollTo(0, 0)")
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        area = {"x": 0, "y": 0, "width": WIDTH, "height": height}
        page.screenshot(path=self._folder / f"{name}.png", full_page=True, clip=area)


def write_month(path: Path) -> None:
    """The file of the tour: customers of a shop that does not exist, some of them with errors."""
    chance = random.Random(11)
    bad = chance.sample(range(10, ROWS), FORBIDDEN + REPEATED + NAMELESS)
    forbidden, repeated = set(bad[:FORBIDDEN]), set(bad[FORBIDDEN : FORBIDDEN + REPEATED])
    nameless = set(bad[FORBIDDEN + REPEATED :])
    nothing = set(chance.sample(sorted(set(range(10, ROWS)) - set(bad)), WORDS_FOR_NOTHING))
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADER)
        for number in range(ROWS):
            key = f"C-{1001 + number}"
            if number in forbidden:
                key = f"C/{1001 + number}"
            elif number in repeated:
                key = "C-1004"
            elif number in nameless:
                key = ""
            city = "NULL" if number in nothing else chance.choice(CITIES)
            favourite = chance.choice((*FAVOURITES, ""))
            renewal = f"2027-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
            writer.writerow(
                [key, chance.choice(TIERS), city, favourite, renewal, chance.choice(("yes", "no"))]
            )


def write_earlier(path: Path, rows: int) -> None:
    """A file with good rows only, whose header names its id column; of customers of their own."""
    lines = (f"M-{1001 + number},{TIERS[number % 3]},{CITIES[number % 7]}\n" for number in range(rows))
    path.write_text("thirdPartyId,tier,city\n" + "".join(lines), encoding="utf-8")


class Tour:
    """The walk, on a product that has just been started. folder: for the files that are uploaded."""

    def __init__(self, stack: Stack, browser: Browser, camera: Camera, folder: Path):
        self._stack = stack
        self._browser = browser
        self._camera = camera
        self._folder = folder

    def walk(self) -> None:
        """All eight screens, those of a batch in the order in which it meets them."""
        page, reviewer = self._signed_in("uploader"), self._signed_in("reviewer")
        self._send_earlier_files(page)
        self._leave_something_to_do(page)
        reviewer.goto("/")
        self._camera.take(reviewer, "1-home")
        self._check(page)
        self._walk_a_batch(page)
        page.goto("/batches/")
        self._camera.take(page, "8-history")

    def _signed_in(self, name: str) -> Page:
        context = self._browser.new_context(
            base_url=self._stack.url,
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        enter(page, name, self._stack.password)
        return page

    def _send_earlier_files(self, page: Page) -> None:
        """Batches of the last weeks, so that history and chart have something to tell."""
        moved = {}
        for days, name, rows, scenario in EARLIER:
            path = self._folder / name
            write_earlier(path, rows)
            if scenario:
                self._misbehave(scenario)
            number = upload(page, path)
            expect_state(page, "ready")
            send(page)
            expect_state(page, "complete-with-failures" if scenario else "complete")
            moved[number] = timedelta(days=days)
        _move_into_the_past(moved)

    def _misbehave(self, scenario: str) -> None:
        address = f"{self._stack.sandbox_url}/sandbox/faults"
        requests.post(address, json=[scenario], timeout=10).raise_for_status()

    def _leave_something_to_do(self, page: Page) -> None:
        """A batch that waits for the reviewer's approval, and one that is in doubt."""
        path = self._folder / "black-friday-vip.csv"
        write_earlier(path, 350)
        upload(page, path, destination="Sandbox (four eyes)")
        expect_state(page, "ready")
        page.click("#ask")
        page.fill("#id_because", "The guests of the evening before the sale.")
        page.click("#ask-form [type=submit]")
        expect_state(page, "awaiting-approval")
        path = self._folder / "store-visitors-november.csv"
        write_earlier(path, 800)
        self._misbehave("http-504-taken")
        upload(page, path)
        expect_state(page, "ready")
        send(page)
        expect_state(page, "needs-attention")

    def _check(self, page: Page) -> None:
        path = self._folder / "all-customers.csv"
        write_big_file(path, rows=EVERYBODY_ROWS)
        upload(page, path)
        with self._held_check(page):
            self._camera.take(page, "4-check")
        page.click("#cancel-open")
        page.click("#cancel-confirm")
        expect_state(page, "cancelled")

    @contextmanager
    def _held_check(self, page: Page) -> Iterator[None]:
        """The check stands still meanwhile, some way into the file."""
        from uploads.models import Batch

        begun = Batch.objects.filter(pk=number_of(page.url), checked_rows__gt=0)
        eventually(begun.exists, "rows are read")
        (horse,) = psutil.Process(self._stack.pid("worker checking")).children()
        horse.send_signal(signal.SIGSTOP)
        page.reload()
        try:
            yield
        finally:
            horse.send_signal(signal.SIGCONT)

    def _walk_a_batch(self, page: Page) -> None:
        path = self._folder / FILE
        write_month(path)
        page.goto("/batches/new/")
        page.set_input_files("#id_file", str(path))
        self._camera.take(page, "2-upload")
        upload(page, path)
        expect_state(page, "received")
        page.select_option("#id_key_column", HEADER[0])
        expect(page.locator("#sample .chosen").first).to_contain_text("thirdPartyId")
        self._camera.take(page, "3-reading")
        page.click("button[name=take]")
        expect(page.locator("#sample")).to_contain_text("from Tier")
        page.click("#confirm-reading")
        expect_state(page, "ready")
        page.reload()
        expect(page.locator("#send")).to_be_visible()
        self._camera.take(page, "5-review")
        address = page.url
        page.goto(f"{address}problems/")
        self._camera.take(page, "5-problems")
        page.goto(address)
        page.click("#send")
        self._camera.take(page, "6-confirm")
        page.click("#send-form [type=submit]")
        expect_state(page, "complete")
        page.reload()
        self._camera.take(page, "7-result")


def _move_into_the_past(moved: dict[int, timedelta]) -> None:
    """Nobody wants to wait for weeks: uploads, and what is counted by day, as if they were so much older."""
    from uploads.models import Batch, DayRows

    for batch in Batch.objects.filter(pk__in=moved):
        age = moved[batch.pk]
        Batch.objects.filter(pk=batch.pk).update(created_at=batch.created_at - age)
        refused = sum(max(part.failed or 0, part.listed or 0) for part in batch.parts.all())
        days = DayRows.objects.filter(owner=batch.owner, destination=batch.destination)
        days.filter(day=localdate()).update(sent=F("sent") - batch.sent, refused=F("refused") - refused)
        days.create(
            day=localdate() - age,
            owner=batch.owner,
            destination=batch.destination,
            sent=batch.sent,
            refused=refused,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of docs/tour.md.")
    parser.add_argument("--look", type=Path, help="a folder for whole screens in both widths and themes")
    asked = parser.parse_args()
    camera = Camera(asked.look or PICTURES, every_way=asked.look is not None)
    launch = find_or_install()
    with tempfile.TemporaryDirectory() as scratch, Stack(Path(scratch) / "var") as stack:
        # The same database as the product's own processes, beside which Playwright runs a loop.
        os.environ |= {
            "BULKPROFILE_VAR": str(stack.var),
            "BULKPROFILE_INSECURE_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        django.setup()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(launch.path), env=launch.env, args=list(launch.args)
            )
            Tour(stack, browser, camera, Path(scratch)).walk()
            browser.close()


if __name__ == "__main__":
    main()
