"""A real headless browser in front of the whole product."""

import os
from functools import partial

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support import walking
from tests.support.chromium import find_or_install
from tests.support.stack import Stack
from tests.support.walking import WAIT_MS


@pytest.fixture(scope="package")
def chromium():
    """The browser, once for all of this folder."""
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


@pytest.fixture(scope="package")
def stack(tmp_path_factory):
    """Everything that `make run` starts, once for all of this folder."""
    with Stack(tmp_path_factory.mktemp("stack") / "var") as stack:
        yield stack


@pytest.fixture
def page(chromium, stack):
    """A fresh, signed-out browser page; a script error or a broken policy on it fails the test."""
    # Without motion: drawing an icon that turns takes the processor from the product that one waits for.
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, base_url=stack.url, reduced_motion="reduce"
    )
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


@pytest.fixture(scope="session")
def kept_cookies():
    """The cookies of those who have signed in by the form, by user name."""
    return {}


@pytest.fixture
def sign_in(page: Page, stack, kept_cookies):
    """Signs a demo account in: by the form the first time, then by the cookies that gave.

    An admin signs in by the form each time: a session in which they have confirmed who they are does not
    ask again. So does whoever finds their session over.
    """

    def sign_in(username: str) -> Page:
        page.context.clear_cookies()
        page.context.add_cookies(kept_cookies.get(username, []))
        page.goto("/")
        if "/sign-in/" in page.url:
            walking.enter(page, username, stack.password)
            if username != "admin":
                kept_cookies[username] = page.context.cookies()
        return page

    return sign_in


@pytest.fixture
def upload(page: Page):
    """Uploads a file by the form and waits for the batch's page; returns the batch's number."""
    return partial(walking.upload, page)
