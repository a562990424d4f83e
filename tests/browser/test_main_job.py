"""The whole job as a person does it: real browser, web server, workers, Valkey and sandbox."""

import csv
import hashlib
import os
import signal
from pathlib import Path

import psutil
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_pages import RULES
from tests.support.big_file import write_big_file
from tests.support.sandbox import profiles_at, received_at
from tests.support.waiting import eventually
from tests.support.walking import enter, expect_state, send

pytestmark = [pytest.mark.browser, pytest.mark.processes]

CUSTOMERS = (
    "name,customerNumber,city,favourite\n"
    "Ana Ejemplo,C-1,México D.F.,Beer & Ale\n"
    "Bo Muster,C/2,Köln,Wine\n"
    '"Muster, Clé",C-3,"Zürich\nKreis 1",100 % Juice + Mate\n'
    "Dot Sample,C-1,Oslo,Water\n"
    ",C-5,,\n"
)
REAL_FILES = Path(os.environ.get("REAL_FILES", Path(__file__).parents[3] / "shared" / "data"))


def test_from_upload_to_complete(sign_in, upload, page, stack, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text(CUSTOMERS, encoding="utf-8")
    sign_in("uploader")
    number = upload(path)

    expect_state(page, "received")
    expect(page.locator("#reading-form")).to_contain_text("customerNumber")
    page.select_option("#id_key_column", "customerNumber")
    page.check("input[name=key][value=thirdPartyId]")
    page.click("#confirm-reading")

    expect_state(page, "ready")
    figures = {
        name: page.locator(f"[data-figure={name}]").first.inner_text()
        for name in ("rows", "accepted", "rejected")
    }
    assert [int("".join(filter(str.isdigit, text))) for text in figures.values()] == [5, 2, 3]

    page.goto(f"/batches/{number}/problems/")
    rows = page.locator("#problems-table tbody tr")
    expect(rows).to_have_count(3)
    for index, (line, value) in enumerate([("3", "C/2"), ("6", "C-1"), ("7", "C-5")]):
        expect(rows.nth(index)).to_contain_text(line)
        if index != 2:
            expect(rows.nth(index)).to_contain_text(value)

    page.goto(f"/batches/{number}/")
    with page.expect_download() as download:
        page.click(f"a[href='/batches/{number}/to-correct.csv']")
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as handle:
        report = list(csv.DictReader(handle))
    assert [(row["_line"], row["_column"], row["_problem"]) for row in report] == [
        ("3", "customerNumber", "id-forbidden-character"),
        ("6", "customerNumber", "id-duplicate"),
        ("7", "", "no-values"),
    ]

    page.click("#send")
    expect(page.locator("#sample-table")).to_contain_text("México D.F.")
    assert not Axe().run(page, options=RULES).response["violations"]
    page.click("text=Send 2 profiles to Sandbox")
    expect_state(page, "complete")
    assert profiles_at(stack.sandbox_url)["C-1"] == {
        "name": "Ana Ejemplo",
        "city": "México D.F.",
        "favourite": "Beer & Ale",
    }
    assert profiles_at(stack.sandbox_url)["C-3"] == {
        "name": "Muster, Clé",
        "city": "Zürich\nKreis 1",
        "favourite": "100 % Juice + Mate",
    }

    page.goto("/batches/?q=customers&state=complete")
    expect(page.locator("#history-table")).to_contain_text("customers.csv")
    page.goto("/batches/?q=customers&state=failed")
    expect(page.locator("body")).not_to_contain_text("customers.csv")

    sign_in("auditor")
    page.goto(f"/audit/?batch={number}")
    table = page.locator("#audit-table")
    for sentence in (
        f"uploader uploaded batch {number} for Sandbox: customers.csv",
        f"uploader sent batch {number} to Sandbox; rows: 2, parts: 1.",
        f"Part 1 of batch {number} was posted to Target: Target accepted it (HTTP 200).",
    ):
        expect(table).to_contain_text(sentence)
    page.goto(f"/batches/{number}/")
    expect(page.locator("#send")).to_have_count(0)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(sign_in, page, tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as handle:
        handle.truncate(1_000_000_001)
    sign_in("uploader")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "/uploads/" in request.url else None)
    page.goto("/batches/new/")
    page.set_input_files("#id_file", str(path))
    page.click("#upload-form button[type=submit]")
    expect(page.locator("body")).to_contain_text("too big")
    assert not sent


def test_an_upload_that_lost_its_connection_goes_on_where_it_stopped(sign_in, page, tmp_path):
    path = tmp_path / "long.csv"
    write_big_file(path, rows=220_000)
    sign_in("uploader")
    slices = []

    def cut_off_once(route):
        slices.append(int(route.request.headers["upload-offset"]))
        if len(slices) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(
        "**/uploads/*/",
        lambda route: cut_off_once(route) if route.request.method == "PATCH" else route.continue_(),
    )
    page.goto("/batches/new/")
    page.set_input_files("#id_file", str(path))
    page.click("#upload-form button[type=submit]")
    page.wait_for_url("**/batches/*/")
    expect_state(page, "ready")
    assert slices[1] == slices[2]
    assert slices == sorted(slices)


def test_without_javascript_the_plain_form_does_the_same(chromium, stack, tmp_path):
    path = tmp_path / "plain.csv"
    path.write_bytes(b"thirdPartyId,tier\nplain-1,gold\n")
    context = chromium.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, "uploader", stack.password)
    page.goto("/batches/new/")
    page.set_input_files("#id_file", str(path))
    page.click("#upload-form button[type=submit]")
    page.wait_for_url("**/batches/*/")

    def state():
        page.reload()
        return page.locator("#live").get_attribute("data-state")

    eventually(lambda: state() == "ready" and page.locator("#send").count(), "the check ends")
    send(page)
    eventually(lambda: state() == "complete", "the delivery ends")
    context.close()
    assert profiles_at(stack.sandbox_url)["plain-1"] == {"tier": "gold"}


def test_what_excel_saves_in_spain_is_read_corrected_and_sent(sign_in, upload, page, stack, tmp_path):
    path = tmp_path / "clientes.csv"
    path.write_bytes("cliente;ciudad;nivel\r\nES-1;Málaga;NULL\r\nES/2;Logroño;oro\r\n".encode("cp1252"))
    sign_in("uploader")
    upload(path)
    expect_state(page, "received")
    expect(page.locator(".sample")).to_contain_text("Málaga")
    page.select_option("#id_key_column", "cliente")
    page.click("#confirm-reading")
    expect_state(page, "ready")
    page.click("#notices button[value=blank]")
    expect(page.locator("#notices")).to_have_count(0)
    with page.expect_download() as download:
        page.click("a[href$='/to-correct.csv']")
    report = Path(download.value.path()).read_text(encoding="utf-8-sig")
    send(page)
    expect_state(page, "complete")
    assert profiles_at(stack.sandbox_url)["ES-1"] == {"ciudad": "Málaga"}

    corrected = tmp_path / "corregido.csv"
    corrected.write_text(report.replace("ES/2", "ES-2"), encoding="utf-8-sig")
    upload(corrected)
    expect_state(page, "ready")
    expect(page.locator("#remembered")).to_contain_text("Read as you read “clientes.csv”")
    page.reload()
    expect(page.locator("dl.facts")).to_contain_text("corrects")
    send(page)
    expect_state(page, "complete")
    assert profiles_at(stack.sandbox_url)["ES-2"] == {"ciudad": "Logroño", "nivel": "oro"}


@pytest.mark.skipif(
    not (REAL_FILES / "northwind-customers.csv").exists(), reason="no real files on this machine"
)
def test_a_real_export_arrives_with_its_accents(sign_in, upload, page, stack):
    path = REAL_FILES / "northwind-customers.csv"
    sign_in("uploader")
    upload(path)
    expect_state(page, "received")
    page.select_option("#id_key_column", "customerID")
    page.check("input[name=key][value=thirdPartyId]")
    page.click("#confirm-reading")
    expect_state(page, "ready")
    send(page)
    expect_state(page, "complete")
    arrived = profiles_at(stack.sandbox_url)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.DictReader(handle):
            key = row.pop("customerID")
            assert arrived[key] == {name: value for name, value in row.items() if value}


def test_a_worker_killed_in_mid_delivery_leaves_a_doubt_that_a_reviewer_resolves(
    sign_in, upload, page, stack, tmp_path
):
    path = tmp_path / "doubt.csv"
    path.write_bytes(b"thirdPartyId,tier\ndoubt-1,gold\n")
    sign_in("uploader")
    upload(path)
    expect_state(page, "ready")
    faults = f"{stack.sandbox_url}/sandbox/faults"
    requests.post(faults, json=[{"kind": "hang", "seconds": 30}], timeout=10).raise_for_status()
    send(page)
    expect(page.locator("body")).to_contain_text("Sending")
    horse = eventually(
        lambda: psutil.Process(stack.pid("worker delivering")).children(), "the delivering worker forks"
    )[0]
    part = hashlib.sha256(b"batch=thirdPartyId,tier\ndoubt-1,gold\n").hexdigest()
    eventually(lambda: received_at(stack.sandbox_url).get(part), "the sandbox has the body")
    os.kill(horse.pid, signal.SIGKILL)
    stack.kill("worker delivering")

    expect_state(page, "needs-attention", timeout=120_000)
    expect(page.locator("#live")).to_contain_text("may or may not")
    expect(page.locator("#who-decides")).to_contain_text("reviewer")
    assert received_at(stack.sandbox_url)[part] == 1

    address = page.url
    sign_in("reviewer")
    page.goto(address)
    page.click("#decide")
    expect(page.locator("main")).to_contain_text("whoever was sending it can no longer say")
    page.click("#read-back-form [type=submit]")
    expect(page.locator("#read-back")).to_contain_text("That speaks for its arrival.")
    expect(page.locator("#profiles-table")).to_contain_text("doubt-1")
    assert not Axe().run(page, options=RULES).response["violations"]
    page.check("input[value=arrived]")
    page.fill("#id_reason", "The profile has the new tier, set since the part was sent.")
    page.click("#decision-form [type=submit]")
    expect_state(page, "complete-with-failures")
    expect(page.locator("[data-part='1']")).to_contain_text("Marked as arrived")
    assert received_at(stack.sandbox_url)[part] == 1
