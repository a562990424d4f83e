"""Passkeys, with the authenticator that Chromium makes up for tests."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def authenticator(page):
    """A built-in authenticator that always recognises its owner; returns its protocol session and id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, added["authenticatorId"]


def test_a_passkey_signs_in_alone_or_as_the_second_step(page, sign_in, stack, authenticator):
    sign_in("auditor")
    page.goto("/account/passkeys/add/")
    page.fill("#id_password", stack.password)
    page.click("main button[type=submit]")
    page.fill("#id_name", "Test key")
    page.click("#passkey-button")
    expect(page.locator("h1")).to_have_text("Recovery codes")

    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.click("#passkey-button")
    page.wait_for_url(re.compile(r"//[^/]+/$"))

    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.fill("#id_username", "auditor")
    page.fill("#id_password", stack.password)
    page.click("main button[type=submit]")
    page.click("#passkey-button")
    page.wait_for_url(re.compile(r"//[^/]+/$"))

    session, identifier = authenticator
    session.send("WebAuthn.setUserVerified", {"authenticatorId": identifier, "isUserVerified": False})
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.click("#passkey-button")
    expect(page.locator("#passkey-error")).to_be_visible()

    session.send("WebAuthn.setUserVerified", {"authenticatorId": identifier, "isUserVerified": True})
    page.click("#passkey-button")
    page.wait_for_url(re.compile(r"//[^/]+/$"))
    page.goto("/account/")
    page.click("a[href*='/passkeys/'][href$='/remove/']")
    page.fill("#id_password", stack.password)
    page.click("main button[type=submit]")
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Your account")
    expect(page.locator("main")).to_contain_text("The passkey is removed")
    expect(page.locator("main a[href*=passkeys]")).to_have_count(1)
