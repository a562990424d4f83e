"""What Target keeps of two batches in a row for the same visitors (F12), asked of the sandbox over HTTP."""

from functools import partial
from pathlib import Path

from tests.support.sandbox import profiles_at
from tests.target.servers import eventually, send_batch, served_sandbox
from uploads.batchfile import EarlierBatch, OverlapStore, carry_over, compare
from uploads.target import status

from .checked import check_bytes
from .overlapping import KEY

PEOPLE = 200_000
# Of these, half are in a second batch as it is, half in one that carries over, which has new people as well.
UNGUARDED, GUARDED = range(PEOPLE // 2), range(PEOPLE // 2, PEOPLE + 5_000)


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


def checked(folder: Path, header: str, rows: list[str]) -> EarlierBatch:
    """A batch as a check makes it of the rows of a file."""
    data = "\n".join([header, *rows, ""]).encode()
    summary = check_bytes(data, folder, fingerprint_key=KEY).summary
    return EarlierBatch(8, [part.path for part in summary.parts], summary.fingerprints)


def checked_first(folder: Path) -> EarlierBatch:
    """The first batch."""
    rows = [f"{person(n)};{first(n)['tier']};{first(n).get('renewal', '')}" for n in range(PEOPLE)]
    return checked(folder, "thirdPartyId;tier;renewal", rows)


def checked_second(folder: Path, people: range) -> EarlierBatch:
    """A second batch with these people."""
    rows = [f"{person(n)};{second(n).get('tier', '')};{second(n)['city']}" for n in people]
    return checked(folder, "thirdPartyId;tier;city", rows)


def send(sandbox, parts: list[Path]) -> None:
    """Send parts, one when the other one is applied."""
    account = sandbox.account()
    for part in parts:
        url = send_batch(account, part.read_bytes()).status_url
        answer = eventually(partial(status, account, url), is_complete, 300, 0.2)
        assert answer.failed == 0


def is_complete(answer) -> bool:
    return answer.state == "complete"


def merged(people: range) -> dict[str, dict[str, str]]:
    """What everybody expects: the batches add up, and the second one's values are the newer ones."""
    return {person(n): (first(n) if n < PEOPLE else {}) | second(n) for n in people}


def test_without_the_guard_what_the_comparison_foretells_is_lost_and_with_carrying_over_nothing(tmp_path):
    folders = [tmp_path / name for name in ("first", "unguarded", "guarded")]
    for folder in folders:
        folder.mkdir()
    before = checked_first(folders[0])
    unguarded, guarded = checked_second(folders[1], UNGUARDED), checked_second(folders[2], GUARDED)
    for folder, after in ((folders[1], unguarded), (folders[2], guarded)):
        store = folder / "found"
        compare(after.parts, after.fingerprints, [before], key=KEY, output=store, work=folder)
    carried = carry_over(guarded.parts, folders[2] / "found", folders[2] / "carried")
    with served_sandbox(tmp_path / "sandbox") as sandbox:
        sandbox.fault("mbox-override")
        for parts in (before.parts, unguarded.parts, [part.path for part in carried.parts]):
            send(sandbox, parts)
        kept = profiles_at(sandbox.url, "acme")
    assert {id_: kept[id_] for id_ in merged(GUARDED)} == merged(GUARDED)
    lost = {
        (id_, name, value)
        for id_, values in merged(UNGUARDED).items()
        for name, value in values.items()
        if kept[id_].get(name) != value
    }
    with OverlapStore.open(folders[1] / "found") as found:
        assert {(row.id, cell.attribute, cell.value) for row in found for cell in row.lost} == lost
        assert found.summary.visitors == len(UNGUARDED)
        assert found.summary.losing > 0.9 * len(UNGUARDED)
