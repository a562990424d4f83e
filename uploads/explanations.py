"""The sentences about problems, in plain words for the people who made the file.

The engine knows codes and parameters; every sentence that a page, a report or a command shows about a
problem is made here, once, of the texts in problem_texts.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy

from uploads import file_kinds
from uploads import problem_texts as texts
from uploads.batchfile import Notice, OverlapRow, Problem, line_writer
from uploads.numerals import number

REPORT_COLUMNS = ("line", "column", "code", "severity", "value", "message")

_UNREAD = {"undecodable", "unclosed-quote", "bad-percent-encoding"}
_AMOUNTS = {"bytes", "cells", "columns", "count", "length", "limit"}
_SENTENCES = pgettext_lazy("two sentences, one after the other", "{first} {second}")


def title(code: str) -> Promise:
    """What is wrong, in a few words, for headings and filters."""
    return texts.TITLES[code]


def advice(code: str) -> Promise:
    """What to do about it, in one or two sentences."""
    return texts.ADVICE[code]


def explain(problem: Problem) -> str:
    """What is wrong with this row or file, why, and what to do, in whole sentences."""
    return str(format_lazy(_SENTENCES, first=what_is_wrong(problem), second=_what_to_do(problem)))


def what_is_wrong(problem: Problem) -> str:
    """What is wrong with this row or file and why, without what to do about it."""
    params = {name: _in_words(name, value) for name, value in problem.params.items()}
    if problem.code == "wrong-container":
        params = {name: file_kinds.CONTAINERS[value] for name, value in problem.params.items()}
    sentence = str(_pattern(problem)).format(
        **params | {"position": problem.position, "value": problem.value}
    )
    if problem.code == "not-a-csv" and "container" in problem.params:
        return str(format_lazy(_SENTENCES, first=file_kinds.IN_ARCHIVE, second=sentence))
    return sentence


def explain_beside_row(problem: Problem) -> str:
    """As `explain`, for a report that repeats the row but leaves empty what could not be read whole."""
    if problem.code not in _UNREAD:
        return explain(problem)
    return _joined([explain(problem), str(texts.LEFT_EMPTY).format(value=problem.value)])


def explain_refusal(_problem: Problem) -> str:
    """What is to be said beside a row that Target lists as failed (T9): it gives no reason."""
    return str(format_lazy(_SENTENCES, first=texts.REFUSED, second=texts.REFUSED_ADVICE))


def explain_overlap(row: OverlapRow) -> str:
    """What is to be said beside a row that was left out for what Target would lose by it (F12)."""
    batches = sorted({lost.batch for lost in row.lost})
    return gettext(
        "Left out: by this row, Target would lose what batch %(batches)s set for this visitor, unless they "
        "have come back to your site since."
    ) % {"batches": ", ".join(f"#{number}" for number in batches)}


def explain_notice(notice: Notice) -> str:
    """What is worth knowing about the column, and what to do, in whole sentences."""
    shown = {"column": notice.column, "count": notice.count} | notice.params
    params = {name: _in_words(name, value) for name, value in shown.items()}
    first = str(texts.EXPLANATIONS[notice.code]).format(**params)
    return str(format_lazy(_SENTENCES, first=first, second=texts.ADVICE[notice.code]))


def report_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """The problems as the lines of a CSV report: comma, LF, REPORT_COLUMNS first; for UTF-8."""
    line_of = line_writer(line_end="\n")
    yield line_of(REPORT_COLUMNS)
    for problem in problems:
        yield line_of(
            (problem.line, problem.column, problem.code, problem.severity, problem.value, explain(problem))
        )


def _pattern(problem: Problem) -> Promise:
    if problem.code == "not-a-csv":
        return file_kinds.NOT_A_CSV[problem.params["kind"]]
    if problem.code == "header-key":
        return texts.KEY_EXPLANATIONS[problem.params["reason"]]
    if problem.code == "header-name":
        return texts.NAME_EXPLANATIONS[problem.params["reason"]]
    if problem.code == "id-duplicate" and (named := texts.DUPLICATES.keys() & problem.params.keys()):
        return texts.DUPLICATES[named.pop()]
    if problem.code == "header-duplicate":
        return texts.DUPLICATE_COLUMN
    if problem.code == "undecodable" and "at_line" in problem.params:
        return texts.UNDECODABLE_BELOW
    if problem.code == "unclosed-quote" and problem.params.get("header"):
        return texts.QUOTE_IN_HEADER
    if problem.code == "row-too-big" and "bytes" not in problem.params:
        return texts.TOO_BIG_TO_READ
    return texts.EXPLANATIONS[problem.code]


def _what_to_do(problem: Problem) -> Promise | str:
    if problem.code != "header-key":
        return texts.ADVICE[problem.code]
    sentences = []
    if "suggested_column" in problem.params:
        sentences += [
            texts.KEY_SUGGESTION,
            texts.KEY_REASONS[problem.params["suggested_by"]],
            texts.ADVICE[problem.code],
        ]
    if "ecid_column" in problem.params:
        sentences.append(texts.ECID_COLUMN)
    return _joined(
        [str(sentence).format(**problem.params) for sentence in sentences or [texts.ADVICE[problem.code]]]
    )


def _joined(sentences: Sequence[str]) -> str:
    return reduce(lambda first, second: str(format_lazy(_SENTENCES, first=first, second=second)), sentences)


def _in_words(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return number(value) if name in _AMOUNTS else str(value)
