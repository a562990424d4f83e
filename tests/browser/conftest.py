"""A real headless browser in front of the whole product."""

import os
import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support.chromium import find_or_install
from tests.support.stack import Stack

WAIT_MS = 60_000


@pytest.fixture(scope="session")
def chromium():
    """The browser, once for all."""
    launch = find_or_install()
    # Playwright's own loop makes Django believe that it runs inside an async one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(launch.path), env=launch.env, args=list(launch.args)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """Everything that `make run` starts, once for all."""
    with Stack(tmp_path_factory.mktemp("stack") / "var") as stack:
        yield stack


@pytest.fixture
def page(chromium, stack):
    """A fresh, signed-out browser page; a script error or a broken policy on it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=stack.url)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def sign_in(page: Page, stack):
    """Signs a demo account in by the form."""

    def sign_in(username: str) -> Page:
        page.context.clear_cookies()
        page.goto("/sign-in/")
        page.fill("#id_username", username)
        page.fill("#id_password", stack.password)
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile(r"//[^/]+/$"))
        return page

    return sign_in


@pytest.fixture
def upload(page: Page):
    """Uploads a file through the form and waits for the batch's page; returns the batch's number."""

    def upload(path) -> int:
        page.goto("/batches/new/")
        page.set_input_files("#id_file", str(path))
        page.click("#upload-form button[type=submit]")
        page.wait_for_url(re.compile(r"/batches/\d+/$"))
        return int(page.url.rstrip("/").rsplit("/", 1)[-1])

    return upload


def send(page: Page) -> None:
    """From a checked batch's page by the page that shows what would go."""
    page.click("#send")
    page.click("#send-form [type=submit]")


def expect_state(page: Page, state: str, *, timeout: float = WAIT_MS) -> None:
    """The batch's page comes to show the state by itself."""
    expect(page.locator("#live")).to_have_attribute("data-state", state, timeout=timeout)
