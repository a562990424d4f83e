"""Every page in every language and theme, on a desk and on a phone: axe finds nothing, and all of it fits."""

from collections.abc import Iterator
from itertools import product

import pytest
import requests
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import RULES
from tests.support.walking import WAIT_MS, confirm, enter, expect_state, number_of, send, upload

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LANGUAGES = ("en", "es", "fr")
THEMES = ("light", "dark")
WIDTHS = (1280, 390)
FOUR_EYES = "Sandbox (four eyes)"

GOOD = "thirdPartyId,tier,city\nlook-1,gold,Oslo\nlook-2,silver,Lima\n"
PROBLEMS = (
    "thirdPartyId,tier,city\nlook-1,gold,Oslo\nlook/2,silver,Lima\n,gold,Rome\nlook-1,NULL,Bern\nlook-5,"
    + "long " * 60
    + ",\nlook-6,gold,Oslo,more\nlook-7,gold,"
    + "Oslo-" * 11_000
    + "\n"
)
#: Sets the same attributes otherwise, for one visitor of GOOD and one of its own.
OTHER_VALUES = "thirdPartyId,tier,city\nlook-1,tin,Oslo\nlook-3,tin,Lima\n"
#: By this one, Target would lose what GOOD sets.
OTHER_NAMES = "thirdPartyId,plan\nlook-2,pro\nlook-9,basic\n"
#: Nobody else's, for the rest of it waits as long as the scene stands.
FIRST_ROWS = "thirdPartyId,tier\nfirst-1,gold\nfirst-2,silver\n"
NO_KEY = "customer,tier,city\nC-1001,gold,Oslo\nC-1002,NULL,\n"
NO_ROWS = "thirdPartyId,tier\n"

#: For each person their pages; in braces the number of one of the batches that `scene` makes.
PAGES = {
    "": ("/sign-in/", "/password/forgotten/", "/nothing-here/"),
    "uploader": (
        "/",
        "/batches/",
        "/batches/?sort=-rows",
        "/batches/?q=matches-nothing",
        "/batches/new/",
        "/batches/{unread}/",
        "/batches/{unread}/reading/",
        "/batches/{problems}/reading/?delimiter=;&encoding=windows-1252",
        "/batches/{problems}/",
        "/batches/{problems}/problems/",
        "/batches/{problems}/rows/3/",
        "/batches/{problems}/send/",
        "/batches/{losing}/",
        "/batches/{losing}/overlap/",
        "/batches/{losing}/overlap/?text=nobody",
        "/batches/{delivering}/",
        "/batches/{delivering}/restore/",
        "/destinations/1/attributes/",
        "/destinations/1/attributes/?q=matches-nothing",
        "/destinations/1/attributes/1/",
        "/batches/{lossy}/",
        "/batches/{half}/",
        "/batches/{asked}/",
        "/batches/{refused}/",
        "/batches/{cancelled}/",
        "/help/",
        "/help/target/",
        "/help/problems/",
        "/help/proof/",
        "/help/right-tool/",
        "/account/",
        "/account/notifications/",
        "/password/",
    ),
    "reviewer": (
        "/",
        "/batches/?waits=me",
        "/batches/{asked}/review/",
        "/batches/{doubt}/",
        "/batches/{doubt}/parts/1/decide/",
    ),
    "auditor": (
        "/",
        "/audit/",
        "/audit/?action=batch.received&since=2026-01-01T00:00",
        "/audit/chain/",
        "/batches/{problems}/",
        "/batches/{problems}/problems/",
    ),
    "admin": (
        "/people/",
        "/people/1/",
        "/people/invite/",
        "/forget/",
        "/forget/{forgetting}/",
        "/destinations/",
        "/destinations/1/",
        "/destinations/new/",
        "/account/app/",
        "/account/email/",
        "/account/sessions/",
    ),
}


#: The eight screens: looked at in every combination. The other pages are so in English; another language
#: changes no colour, and axe looks at them once, at all but that.
SCREENS = (
    "/",
    "/batches/new/",
    "/batches/{unread}/",
    "/batches/{problems}/",
    "/batches/{problems}/problems/",
    "/batches/{problems}/send/",
    "/batches/{lossy}/",
    "/batches/",
)

#: What a theme can change; all else is looked at in the first one alone.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
#: For the page in another language: axe measures contrast for as long as it does all else.
BUT_FOR_CONTRAST = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
IN_THEME = "theme => document.documentElement.dataset.bsTheme === theme"
#: One look at the page as it stands.
LOOK = """async (rules) => {
    const root = document.documentElement;
    const { violations } = rules ? await axe.run(rules) : { violations: [] };
    return {
        language: root.lang,
        wider: root.scrollWidth - window.innerWidth,
        violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    };
}"""
OPEN_ALL = "for (const details of document.querySelectorAll('details')) details.open = true"


@pytest.fixture(scope="module")
def persons(chromium: Browser, stack) -> Iterator:
    """A person's browser page, signed in once; somebody's who is not signed in for no name."""
    pages: dict[str, Page] = {}

    def person(name: str) -> Page:
        if name not in pages:
            # Without motion: a colour on its way to another one is neither.
            context = chromium.new_context(base_url=stack.url, reduced_motion="reduce")
            context.add_init_script(AXE_SCRIPT)
            pages[name] = page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            if name:
                enter(page, name, stack.password)
        return pages[name]

    yield person
    for page in pages.values():
        page.context.close()


@pytest.fixture(scope="module")
def scene(persons, stack, tmp_path_factory) -> dict[str, int]:
    """The numbers of batches in the states that people meet, all made by the pages."""
    folder = tmp_path_factory.mktemp("scene")
    page = persons("uploader")

    def uploaded(name: str, content: str, **choices) -> int:
        path = folder / f"{name}.csv"
        path.write_text(content)
        return upload(page, path, **choices)

    def checked(number: int) -> None:
        page.goto(f"/batches/{number}/")
        expect_state(page, "ready")

    def sent(number: int, scenario: str, state: str) -> None:
        faults = f"{stack.sandbox_url}/sandbox/faults"
        requests.post(faults, json=[scenario], timeout=10).raise_for_status()
        checked(number)
        send(page)
        expect_state(page, state)

    numbers = {
        "unread": uploaded("unread", NO_KEY),
        "problems": uploaded("problems", PROBLEMS),
        "lossy": uploaded("lossy", GOOD),
        "half": uploaded("half", FIRST_ROWS),
        "delivering": uploaded("delivering", OTHER_VALUES),
        "doubt": uploaded("doubt", GOOD),
        "asked": uploaded("asked", GOOD, destination=FOUR_EYES),
        "losing": uploaded("losing", OTHER_NAMES),
        "refused": uploaded("refused", NO_ROWS),
        "cancelled": uploaded("cancelled", NO_KEY),
    }
    page.click("#cancel-open")
    page.click("#cancel-confirm")
    expect_state(page, "cancelled")
    checked(numbers["half"])
    page.click("#send")
    page.check("#id_first_alone")
    page.check("[name=first_then][value=wait]")
    page.click("#send-form .if-first.if-now")
    expect_state(page, "needs-attention")
    sent(numbers["lossy"], "failed-rows", "complete-with-failures")
    sent(numbers["delivering"], "never-complete", "delivering")
    page.click("#restore-form [type=submit]")
    page.wait_for_selector("#make-form")
    # Last: in doubt, it holds up what is sent to the same visitors.
    sent(numbers["doubt"], "http-500", "needs-attention")
    checked(numbers["asked"])
    page.goto(f"/batches/{numbers['asked']}/ask-for-approval/")
    page.fill("#id_because", "The tiers of this month.")
    page.click("#ask-form [type=submit]")
    expect_state(page, "awaiting-approval")
    page.goto(f"/batches/{numbers['losing']}/")
    expect(page.locator("#choose")).to_be_visible()
    page.goto(f"/batches/{numbers['refused']}/")
    expect_state(page, "refused")

    admin = persons("admin")
    admin.goto("/forget/")
    confirm(admin, stack.password)
    admin.fill("#forget-form [name=identifier]", "look-1")
    admin.click("#forget-form [type=submit]")
    admin.wait_for_selector("#live[data-phase=found]")
    return {**numbers, "forgetting": number_of(admin.url)}


def speak(page: Page, language: str) -> None:
    """Chooses the language in the menu, as people do."""
    page.goto("/help/" if page.locator(".person").count() else "/sign-in/")
    if page.locator(".person").count():
        page.click(".person")
    with page.expect_navigation():
        page.click(f"button[name=language][value={language}]")
    expect(page.locator("html")).to_have_attribute("lang", language)


#: Looks: width, theme, and the rules of axe; without rules, at its width and its language alone.
EVERYWHERE = [
    (width, theme, RULES if theme == THEMES[0] else COLOURS) for width, theme in product(WIDTHS, THEMES)
]
ONCE = [(1280, THEMES[0], None), (390, THEMES[0], BUT_FOR_CONTRAST)]


def faults_of(page: Page, language: str, looks: list[tuple] = EVERYWHERE) -> Iterator[str]:
    """What is wrong with the page that is open, in these widths and themes."""
    page.evaluate(OPEN_ALL)
    for width, theme, rules in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(IN_THEME, arg=theme)
        seen = page.evaluate(LOOK, rules)
        where = f"{page.url} {language} {theme} {width}"
        if seen["wider"] > 0:
            yield f"{where}: {seen['wider']} px wider than the screen"
        if seen["language"] != language:
            yield f"{where}: speaks {seen['language']}"
        yield from (f"{where}: {violation}" for violation in seen["violations"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "signed-out")
def test_every_page_is_accessible_and_fits(persons, scene, name, language):
    page = persons(name)
    speak(page, language)
    faults = []
    for address in PAGES[name]:
        page.goto(address.format(**scene))
        in_full = language == "en" or address in SCREENS
        faults += faults_of(page, language, EVERYWHERE if in_full else ONCE)
    speak(page, "en")
    assert not faults, "\n".join(faults)


def test_a_check_under_way_is_accessible_and_fits_in_every_language(persons, stack, tmp_path):
    path = tmp_path / "checking.csv"
    path.write_text(GOOD)
    page = persons("uploader")
    faults = []
    with stack.frozen("worker checking"):
        number = upload(page, path)
        for language in LANGUAGES:
            speak(page, language)
            page.goto(f"/batches/{number}/")
            faults += faults_of(page, language)
            expect_state(page, "checking")
    speak(page, "en")
    assert not faults, "\n".join(faults)


#: Numbers whatever the Tab key has to come to: of radio buttons the chosen one, else the first.
REACHABLE = """() => {
    const kinds = "a[href], button, input, select, summary, textarea, [tabindex='0']";
    const all = [...document.querySelectorAll(kinds)];
    const ofItsGroup = ({ type, name, form }) =>
        type === "radio" && (document.querySelector(`[name="${name}"]:checked`) || form.elements[name][0]);
    const reachable = all.filter((one) =>
        one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true })
        && (one.type !== "radio" || ofItsGroup(one) === one));
    reachable.forEach((one, place) => { one.dataset.place = place; });
    return reachable.length;
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const { top, bottom } = one.getBoundingClientRect();
    return {
        place: Number(one.dataset.place),
        seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
            && bottom > 0 && top < window.innerHeight,
        html: one.outerHTML.slice(0, 200),
    };
}"""


@pytest.mark.parametrize("address", SCREENS)
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(persons, scene, address):
    page = persons("uploader")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address.format(**scene))
    count = page.evaluate(REACHABLE)
    for place in range(count):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        # A field of a date takes several Tabs, one for each of its parts.
        while focused["place"] == place - 1:
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
        assert (focused["place"], focused["seen"]) == (place, True), focused["html"]


def test_the_skip_link_comes_first_and_leads_past_the_menu(persons, scene):
    page = persons("uploader")
    page.goto("/batches/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
