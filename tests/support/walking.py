"""What people do on the pages, for whatever drives a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

#: Generous: two cores may have other things to do.
WAIT_MS = 60_000


def enter(page: Page, username: str, password: str) -> None:
    """Signs in by the form, and waits for the first page behind it."""
    page.goto("/sign-in/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def confirm(page: Page, password: str) -> None:
    """Proves anew by the password who one is, where a page asks for it."""
    page.fill("#id_password", password)
    page.click("main button[type=submit]")


def upload(page: Page, path: Path, destination: str | None = None) -> int:
    """Uploads a file by the form and waits for the batch's page; returns the batch's number."""
    page.goto("/batches/new/")
    if destination:
        page.select_option("#id_destination", label=destination)
    page.set_input_files("#id_file", str(path))
    page.click("#upload-start")
    page.wait_for_url(re.compile(r"/batches/\d+/$"))
    return number_of(page.url)


def number_of(address: str) -> int:
    """The number at the end of an address, which says what it is about."""
    return int(address.rstrip("/").rsplit("/", 1)[-1])


def send(page: Page) -> None:
    """From a checked batch's page by the page that shows what would go."""
    page.click("#send")
    page.click("#send-form [type=submit]")


def expect_state(page: Page, state: str, *, timeout: float = WAIT_MS) -> None:
    """The batch's page comes to show the state by itself."""
    expect(page.locator("#live")).to_have_attribute("data-state", state, timeout=timeout)
