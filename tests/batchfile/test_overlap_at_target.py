"""What Target keeps of two batches in a row for the same visitors (F12), asked of the sandbox over HTTP."""

from functools import partial
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.sandbox import profiles_at
from tests.target.servers import eventually, send_batch, served_sandbox
from uploads.batchfile import EarlierBatch, OverlapStore, carry_over, compare
from uploads.target import status

from .checked import check_bytes
from .overlapping import KEY

PEOPLE = 100_000
#: Of the people, the second batch has those from this one on, and as many again.
FIRST_OF_SECOND = 20_000
VISITORS = PEOPLE - FIRST_OF_SECOND


def person(number: int) -> str:
    return f"Kund\xe4 {number:06d}"


def first(number: int) -> dict[str, str]:
    """What the first batch says of a person: every seventh has no renewal."""
    renewal = {} if number % 7 == 0 else {"renewal": f"2027, week {number % 52}"}
    return {"tier": ("gold", "silver")[number % 2]} | renewal


def second(number: int) -> dict[str, str]:
    """What the second batch says: the tier of every third person is blank (F7)."""
    tier = {} if number % 3 == 0 else {"tier": "platinum"}
    return tier | {"city": f"K\xf6ln {number % 50}"}


@pytest.fixture(scope="module")
def batches(tmp_path_factory) -> list[EarlierBatch]:
    """Both batches, checked: the first one is the earlier one of the second."""
    one = [f"{person(n)};{first(n)['tier']};{first(n).get('renewal', '')}" for n in range(PEOPLE)]
    later = range(FIRST_OF_SECOND, FIRST_OF_SECOND + PEOPLE)
    other = [f"{person(n)};{second(n).get('tier', '')};{second(n)['city']}" for n in later]
    checked = []
    for header, rows in (("thirdPartyId;tier;renewal", one), ("thirdPartyId;tier;city", other)):
        data = "\n".join([header, *rows, ""]).encode()
        summary = check_bytes(data, tmp_path_factory.mktemp("checked"), fingerprint_key=KEY).summary
        checked.append(EarlierBatch(8, [part.path for part in summary.parts], summary.fingerprints))
    return checked


@pytest.fixture(scope="module")
def store(batches, tmp_path_factory) -> Path:
    """The comparison of the second batch with the first."""
    before, after = batches
    folder = tmp_path_factory.mktemp("compared")
    compare(after.parts, after.fingerprints, [before], key=KEY, output=folder / "found", work=folder)
    return folder / "found"


@pytest.fixture(scope="module")
def target(batches, tmp_path_factory) -> Path:
    """The sandbox with the first batch in it."""
    folder = tmp_path_factory.mktemp("target") / "sandbox"
    send(folder, batches[0].parts)
    return folder


def send(folder: Path, parts: list[Path]) -> dict[str, dict[str, str]]:
    """The profiles in the sandbox once these parts have arrived, too, without any visit."""
    with served_sandbox(folder) as sandbox:
        sandbox.fault("mbox-override")
        account = sandbox.account()
        for part in parts:
            url = send_batch(account, part.read_bytes()).status_url
            answer = eventually(partial(status, account, url), lambda answer: answer.state == "complete", 300)
            assert answer.failed == 0
        return profiles_at(sandbox.url, "acme")


def merged() -> dict[str, dict[str, str]]:
    """What people expect: the batches add up, and the second one's values are the newer ones."""
    expected = {person(number): first(number) for number in range(PEOPLE)}
    for number in range(FIRST_OF_SECOND, FIRST_OF_SECOND + PEOPLE):
        expected.setdefault(person(number), {}).update(second(number))
    return expected


def test_the_comparison_foretells_what_is_lost_without_the_guard(batches, store, target, tmp_path):
    kept = send(copytree(target, tmp_path / "sandbox"), batches[1].parts)
    lost = {
        (id_, name, value)
        for id_, values in merged().items()
        for name, value in values.items()
        if kept[id_].get(name) != value
    }
    assert len({id_ for id_, _name, _value in lost}) > VISITORS * 0.9
    with OverlapStore.open(store) as found:
        assert found.summary.visitors == VISITORS
        assert {(row.id, cell.attribute, cell.value) for row in found for cell in row.lost} == lost


def test_with_carrying_over_all_values_survive(batches, store, target, tmp_path):
    carried = carry_over(batches[1].parts, store, tmp_path / "carried")
    kept = send(copytree(target, tmp_path / "sandbox"), [part.path for part in carried.parts])
    assert kept == merged()
