"""`make bench-scale`: everything at once, then the same work for more and more workers."""

import argparse
import time
from collections import Counter
from statistics import median

import psutil
from django.db.models import F

from tests.scale import proof, reader
from tests.scale.apart import Apart
from tests.scale.crowd import Errand, Outcome, run_errands
from tests.scale.figures import page_lines, progress, say
from tests.scale.made import MadeFile, of_size
from tests.scale.proof import Sent
from tests.scale.rig import Rig
from tests.scale.rounds import measure_rounds
from tests.scale.seed import Company
from uploads.models import Batch

MOST_RATIO = 5.0
WORKERS = 4
#: Rows of each of the small batches. One in ten of them goes to one account, whose budget of calls it fills.
QUEUED_ROWS, ONE_IN = 200, 10
LOOK_SECONDS, TELL_SECONDS = 1.0, 20.0
#: What has not ended by then is told as lost.
MOST_SECONDS = 1_800
QUEUED, BIG = "queued", "uploaded at once"


class Bench:
    """One run over a rig that is up, without workers yet."""

    def __init__(self, rig: Rig, company: Company, options: argparse.Namespace):
        self._rig = rig
        self._company = company
        self._options = options
        self._sent: list[Sent] = []
        self._seen: list[dict] = []
        self._died: Counter = Counter()
        self._wrong: list[str] = []
        self._short: list[str] = []

    def run(self) -> list[str]:
        """Print the tables; what is wrong, in sentences."""
        self._queue_up()
        pages = self._all_at_once()
        memory = self._rig.peak_megabytes()
        rounds, sent, short = measure_rounds(self._rig, self._company, self._options.megabytes, WORKERS)
        self._sent += sent
        self._short += short
        progress("judging what the sandbox has received and stored ...")
        judged, wrong = proof.verdict(self._sent, self._rig.sandbox_url)
        self._wrong += wrong
        calls, wrong = proof.wrong_calls(self._rig.sandbox_url)
        self._wrong += wrong + proof.wrong_log(self._company.end) + proof.failed_jobs()
        self._wrong += [f"{name} ended by itself ({times} x)" for name, times in self._died.items()]
        self._wrong += self._rig.errors_logged() + self._errors_seen()
        for title, lines in (
            ("Pages while all of it ran", pages),
            ("Rows a second, end to end", rounds),
            (
                "Memory of the web servers",
                [f"{name}: {most:.0f} MB at most" for name, most in memory.items()],
            ),
            ("Calls", calls),
            ("Nothing lost", judged),
        ):
            say(f"\n## {title}\n")
            for line in lines:
                say(line)
        self._tell_errors()
        return self._wrong

    # Phases -------------------------------------------------------------------------------------

    def _queue_up(self) -> None:
        """Small batches are uploaded, checked and released, while nobody delivers."""
        count, places = self._options.queued, self._company.destinations
        progress(
            f"{count} batches of {QUEUED_ROWS} rows are uploaded, checked and released; none may leave yet"
        )
        self._rig.have_workers(checking=WORKERS, delivering=0, following=0)
        errands = [
            Errand(
                number % len(self._company.people),
                (places[0] if number % ONE_IN == 0 else places[number % len(places)]).pk,
                MadeFile(f"queued-{number}", QUEUED_ROWS),
            )
            for number in range(count)
        ]
        outcome = self._run_errands(errands)
        self._note(QUEUED, errands, outcome)
        progress(f"{len(outcome.numbers)} batches wait in the queue")

    def _all_at_once(self) -> list[str]:
        """They leave, while people upload big files and somebody reads; the lines about the pages."""
        options, places = self._options, self._company.destinations
        progress(
            f"all at once: {options.people} people upload {options.megabytes} MB each, the queue is "
            "delivered, and somebody reads"
        )
        watched = Batch.objects.filter(state="complete").order_by("pk").values_list("pk", flat=True).first()
        reading = Apart(
            reader.read, self._rig.addresses, watched or self._sent[0].number, options.events // 2 + 1
        )
        self._rig.have_workers(checking=WORKERS, delivering=WORKERS, following=WORKERS)
        errands = [
            Errand(
                person, places[(person * 5 + 3) % len(places)].pk, of_size(f"big-{person}", options.megabytes)
            )
            for person in range(options.people)
        ]
        began = time.monotonic()
        outcome = self._run_errands(errands)
        self._note(BIG, errands, outcome)
        if outcome.uploads:
            total = sum(errand.file.rows for errand in errands)
            progress(
                f"{options.people} uploads of {options.megabytes} MB took {outcome.lasted:.0f} s, one of "
                f"them {median(outcome.uploads):.0f} s (median); {total:,} rows are checked and released"
            )
        self._wait_for_ends()
        spent = ", ".join(f"{kind} {seconds:.0f}" for kind, seconds in self._rig.cpu_seconds().most_common())
        progress(f"processor time so far, in seconds: {spent}")
        progress(f"everything has ended {time.monotonic() - began:.0f} s after the first upload began")
        self._tell_queue(began)
        reading.ask_to_stop()
        found = reading.result()
        self._seen.append(found.seen)
        lines, short = page_lines(found.seconds, reader.SIGN_IN, MOST_RATIO)
        self._short += short
        return lines

    # How ----------------------------------------------------------------------------------------

    def _run_errands(self, errands: list[Errand]) -> Outcome:
        people = Apart(run_errands, self._rig.addresses, errands, self._rig.folder)
        told = time.monotonic()
        while not people.is_over:
            told = self._look_after(
                told, f"{Batch.objects.filter(pk__gt=self._options.batches).count()} uploaded"
            )
        outcome = people.result()
        self._seen.append(outcome.seen)
        missing = len(errands) - len(outcome.numbers)
        if missing:
            self._wrong.append(f"{missing} files never became a batch")
        return outcome

    def _wait_for_ends(self) -> None:
        told, deadline = time.monotonic(), time.monotonic() + MOST_SECONDS
        numbers = [one.number for one in self._sent]
        while (left := proof.moving(numbers)) and time.monotonic() < deadline:
            told = self._look_after(told, f"{left.total()} of {len(numbers)} batches have not ended")

    def _look_after(self, told: float, line: str) -> float:
        """Keep the processes running for a moment; when a line of progress was last told."""
        self._died.update(self._rig.keep())
        time.sleep(LOOK_SECONDS)
        if time.monotonic() - told < TELL_SECONDS:
            return told
        progress(f"  {line}; the machine is {psutil.cpu_percent():.0f} % busy")
        return time.monotonic()

    def _note(self, case: str, errands: list[Errand], outcome: Outcome) -> None:
        by_stem = {errand.file.stem: errand.file for errand in errands}
        self._sent += [Sent(case, number, by_stem[stem]) for stem, number in outcome.numbers.items()]

    def _tell_queue(self, began: float) -> None:
        numbers = [one.number for one in self._sent if one.case == QUEUED]
        waits = Batch.objects.filter(pk__in=numbers, ended_at__isnull=False).annotate(
            waited=F("ended_at") - F("released_at")
        )
        ends = sorted(batch.ended_at for batch in waits)
        if ends:
            progress(
                f"{len(ends)} queued batches ended within {(ends[-1] - ends[0]).total_seconds():.0f} s; the "
                "account that has one in ten of them waits for its budget of calls"
            )

    def _errors_seen(self) -> list[str]:
        errors = Counter()
        for seen in self._seen:
            errors.update(seen["errors"])
        return [f"a person met {what} ({times} x)" for what, times in errors.items()]

    def _tell_errors(self) -> None:
        answers = Counter()
        for seen in self._seen:
            answers.update(seen["answers"])
        say("\n## Errors\n")
        statuses = ", ".join(f"{times:,} x {status}" for status, times in sorted(answers.items()))
        say(f"Answers of the web servers: {statuses}.")
        say(f"Errors: {len(self._wrong)}.")
        for line in self._short:
            say(f"Short of the aim: {line}")
