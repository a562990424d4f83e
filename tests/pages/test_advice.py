"""Every piece of advice that people get about a batch: its file, the facts around it, and what is said.

In tests/files/advice, beside each NAME.csv stands NAME.report.json: by language, all that the product says.
Where there are any, NAME.before.csv was sent to the same destination before, and NAME.facts.json has what
else is so: fields of the `destination`, choices of the `reading`, when it is to be sent (`send_at`), which of
its first rows go alone (`canary`), what was read back (`arrival`), the `attributes` of the dictionary by when
they were last sent, and what it was sent by to be asked what it replaced (`restored_after`).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import override

from tests.support import catalogues
from tests.support.overlaps import chosen
from tests.support.restoring import looked, taken
from uploads import explanations, pages, workflow
from uploads.attribute_forms import AttributeFilterForm
from uploads.models import ArrivalCheck, Batch, Canary, Destination
from uploads.pages.arrival import estimate, summary_of
from uploads.pages.canary import chosen_in_words
from uploads.pages.outgoing import Outgoing, outgoing_of
from uploads.pages.quiet import told_of_chosen_time

pytestmark = pytest.mark.django_db

FILES = Path(__file__).parent.parent / "files" / "advice"
NAMES = sorted(path.name.removesuffix(".csv") for path in FILES.glob("*.csv") if path.name.count(".") == 1)
LANGUAGES = ["en", *sorted(catalogues.PLURALS)]
SENT_AT = datetime(2026, 5, 12, 10, 30, tzinfo=UTC)


@pytest.fixture
def report_of(checked, uploader, destination):
    """What is said of the file of that name, by language."""

    def report_of(name: str) -> dict:
        facts_path = FILES / f"{name}.facts.json"
        facts = json.loads(facts_path.read_bytes()) if facts_path.exists() else {}
        Destination.objects.filter(pk=destination.pk).update(**facts.get("destination", {}))
        destination.refresh_from_db()
        before = FILES / f"{name}.before.csv"
        if before.exists():
            earlier = taken(uploader, checked(before.read_bytes()))
            Batch.objects.filter(pk=earlier.pk).update(released_at=SENT_AT)
        for attribute, used in facts.get("attributes", {}).items():
            at = datetime.fromisoformat(used)
            destination.attribute_names.create(name=attribute, first_used=at, last_used=at)
        batch = checked((FILES / f"{name}.csv").read_bytes())
        if "reading" in facts:
            assert workflow.adjust_reading(uploader, batch, **facts["reading"])
            workflow.check(batch.pk)
            batch.refresh_from_db()
        if "restored_after" in facts:
            batch = taken(uploader, chosen(uploader, batch, facts["restored_after"]))
            looked(uploader, batch)
        if "send_at" in facts:
            batch.send_at = datetime.fromisoformat(facts["send_at"])
        return {language: in_words(language, uploader, batch, facts) for language in LANGUAGES}

    return report_of


def in_words(language: str, uploader, batch: Batch, facts: dict) -> dict[str, list[str]]:
    """All that is said of the batch, by where, without what nothing is said of."""
    with override(language):
        notices = pages.notice_lines(batch, with_examples=True)
        said = {
            "problems": list(_problems(batch)),
            "notices": [f"{line.title}: {line.sentence}" for line in notices],
            **(_before_sending(outgoing_of(uploader, batch, with_values=True)) if batch.accepted else {}),
            "quiet": list(filter(None, [told_of_chosen_time(batch)])),
            "canary": [chosen_in_words(batch, Canary(**facts["canary"]))] if "canary" in facts else [],
            "arrival": _arrival(facts["arrival"]) if "arrival" in facts else [],
            "restoring": list(_restoring(uploader, batch)) if "restored_after" in facts else [],
            "dictionary": list(_dictionary(batch.destination)) if "attributes" in facts else [],
        }
    numbers = sorted(Batch.objects.values_list("pk", flat=True))
    return {
        where: [_with_numbers(sentence, numbers) for sentence in sentences]
        for where, sentences in said.items()
        if sentences
    }


def _problems(batch: Batch) -> Iterator[str]:
    with workflow.open_problems(batch) as problems:
        for problem in problems:
            yield f"{explanations.title(problem.code)}: {explanations.explain(problem)}"


def _before_sending(outgoing: Outgoing) -> dict[str, list[str]]:
    """What the page says before the batch goes."""
    overlap, budget = outgoing.overlap, outgoing.budget
    return {
        "effects": [f"{effect.title}: {effect.text}" for effect in outgoing.effects],
        "attributes": [
            f"{line.sent_as}: {line.gets_value} / {line.left_as_it_is} {line.sent_for_blanks}".strip()
            for line in outgoing.attributes
        ],
        "overlap": [line.sentence for line in overlap.lines] if overlap else [],
        "budget": [budget.sentence, budget.advice, *map(": ".join, budget.heaviest)] if budget else [],
    }


def _arrival(counts: dict) -> list[str]:
    check = ArrivalCheck(**counts)
    return [summary_of(check), estimate(check)]


def _restoring(uploader, batch: Batch) -> Iterator[str]:
    """What the page says of the values that were sent before the batch."""
    page = pages.restore_page(uploader, batch)
    yield from (page.headline, page.hint)
    yield from (f"{figure.label}: {figure.value}" for figure in page.visitors)
    for line in page.attributes:
        yield f"{line.name}: {line.sent} / {line.again} {line.same} {line.later} {line.unknown}"
    yield from (line.sentence for line in (*page.earlier, *page.later))
    yield from page.limits


def _dictionary(destination: Destination) -> Iterator[str]:
    """What the table says of each name, and which ones its filter says are not refreshed."""
    whole = pages.dictionary_page(destination, {}, 1)
    table = render_to_string("attributes/_table.html", {"dictionary": whole})
    yield " | ".join(cell for cell in map(str.strip, strip_tags(unescape(table)).splitlines()) if cell)
    stale = AttributeFilterForm({"show": "stale", "days": "90"})
    assert stale.is_valid()
    found = pages.dictionary_page(destination, stale.cleaned_data, 1)
    label = dict(stale.fields["show"].choices)["stale"]
    yield f"{label}: {', '.join(line.attribute.name for line in found.lines)}"


def _with_numbers(sentence: str, numbers: list[int]) -> str:
    """The sentence with batches numbered from 1 on."""
    for place, number in enumerate(numbers, start=1):
        sentence = re.sub(rf"#{number}\b", f"#{place}", sentence)
    return sentence


@pytest.mark.parametrize("name", NAMES)
def test_the_advice_is_given_as_written_beside_the_file(report_of, name):
    assert report_of(name) == json.loads((FILES / f"{name}.report.json").read_bytes())


def test_every_file_has_its_report_and_every_report_every_language():
    reports = {
        path.name.removesuffix(".report.json"): json.loads(path.read_bytes())
        for path in FILES.glob("*.report.json")
    }
    assert sorted(reports) == NAMES
    for report in reports.values():
        assert list(report) == LANGUAGES
        assert len({json.dumps(said) for said in report.values()}) == len(LANGUAGES)
