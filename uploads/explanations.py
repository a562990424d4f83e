"""The sentences about problems, in plain words for the people who made the file.

The engine knows codes and parameters; every word that a page, a report or a command shows about a
problem is here, once, prepared for translation.
"""

import csv
from collections.abc import Iterable, Iterator

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from uploads.batchfile import Problem

REPORT_COLUMNS = ("line", "column", "code", "severity", "value", "message")

_TITLES = {
    "empty-file": _("The file is empty"),
    "no-rows": _("No rows below the header"),
    "header-too-big": _("Header too long to be one"),
    "too-many-columns": _("Too many columns"),
    "header-key": _("No column named as the visitor's id"),
    "header-name": _("Column name that cannot be sent"),
    "header-duplicate": _("Column name used twice"),
    "undecodable": _("Text that is not UTF-8"),
    "unclosed-quote": _("Quotation mark never closed"),
    "bad-percent-encoding": _("Broken percent-encoding"),
    "control-character": _("Invisible control character"),
    "id-missing": _("Id missing"),
    "id-forbidden-character": _("Id with + or /"),
    "id-too-long": _("Id too long"),
    "id-looks-like-ecid": _("Experience Cloud ID instead of a Target id"),
    "id-duplicate": _("Id used before"),
    "too-many-values": _("More values than columns"),
    "no-values": _("No values to send"),
    "row-too-big": _("Row too big"),
    "value-too-long": _("Long value"),
}

_EXPLANATIONS = {
    "empty-file": _("The file has no content at all."),
    "no-rows": _("The file has a header, but no row with content below it: there is nothing to send."),
    "header-too-big": _(
        "The first row is longer than {limit} bytes (our limit, not Target's), so it is not read as a row of "
        "column names."
    ),
    "too-many-columns": _(
        "The header has {columns} columns; at most {limit} are read (our limit, not Target's)."
    ),
    "undecodable": _("These bytes are not text in UTF-8, and nobody can tell which characters were meant."),
    "unclosed-quote": _(
        "A quotation mark opens this value and is not closed anywhere after it, so it cannot be told where "
        "the value ends. The following lines were read as rows of their own."
    ),
    "bad-percent-encoding": _(
        "The file is in batch format, but this is not valid percent-encoding: a % must be followed by two "
        "hexadecimal digits, and together they must spell text in UTF-8."
    ),
    "control-character": _(
        "This contains an invisible control character ({characters}), most often left over from an export "
        "or from copying."
    ),
    "id-missing": _("The row has no id, so Target cannot know which visitor it is about."),
    "id-forbidden-character": _(
        "The id contains {characters}. Target does not take + or / in a thirdPartyId."
    ),
    "id-too-long": _("The id has {length} characters; Target takes at most {limit} in a thirdPartyId."),
    "id-looks-like-ecid": _(
        "The id has exactly 38 digits, like an Experience Cloud ID (ECID). This way into Target does not "
        "know ECIDs: the values would reach nobody."
    ),
    "id-duplicate": _(
        "The row in line {first_line} has the same id. Only the first good row of an id is sent, because "
        "of two rows for one visitor Target would keep one without saying which."
    ),
    "too-many-values": _(
        "The row has a value beyond the last of the {columns} columns of the header, so it is unclear which "
        "value belongs to which column."
    ),
    "no-values": _("The row has no value besides the id: there is nothing to update."),
    "row-too-big": _(
        "The row takes {bytes} bytes once encoded for sending; at most {limit} are safe, because Target "
        "keeps no more than 64 KB for a profile."
    ),
    "value-too-long": _(
        "The value has {length} characters. It is sent; but your pages can send only {limit} for the same "
        "attribute, so Target may compare it wrongly or replace it by a shorter one."
    ),
}

_ADVICE = {
    "empty-file": _("Export the file again and check that it is not empty before you upload it."),
    "no-rows": _("Check the filter of your export and upload the file again."),
    "header-too-big": _(
        "Check that the first row holds the column names and that each row is on a line of its own."
    ),
    "too-many-columns": _("Export only the columns that you want to send."),
    "header-key": _(
        "Choose the column that holds the visitor's id, or name it thirdPartyId or pcId in the file."
    ),
    "header-name": _("Rename the column, or remove it from the export."),
    "header-duplicate": _("Rename or remove one of the two columns."),
    "undecodable": _("Export the file again as UTF-8 (in Excel: CSV UTF-8)."),
    "unclosed-quote": _("Close the quotation mark, or write a quotation mark inside a value twice."),
    "bad-percent-encoding": _(
        "Encode the value correctly, a lone % as %25, or upload the original CSV instead."
    ),
    "control-character": _("Remove the character from the source of the data."),
    "id-missing": _("Fill in the id, or remove the row."),
    "id-forbidden-character": _("Use an id without these characters, the same one that your pages send."),
    "id-too-long": _("Use a shorter id, the same one that your pages send."),
    "id-looks-like-ecid": _(
        "Use the id that your pages send as mbox3rdPartyId. If you have ECIDs only, Customer Attributes are "
        "the way to go."
    ),
    "id-duplicate": _("Bring the values of one visitor together in one row."),
    "too-many-values": _(
        "Put values that contain the separator in quotation marks, or name the missing column."
    ),
    "no-values": _("Fill in at least one value, or remove the row."),
    "row-too-big": _("Send fewer or shorter values for this visitor."),
    "value-too-long": _("Shorten the value if your pages use the same attribute."),
}

_KEY_EXPLANATIONS = {
    "missing": _(
        "No column is named thirdPartyId or pcId, so it is unclear which one holds the visitor's id."
    ),
    "several": _(
        "More than one column is named thirdPartyId or pcId ({found}); a file can have only one key."
    ),
    "repeated": _("The column {chosen}, which should hold the id, is in the header more than once."),
    "not-in-header": _("The header has no column {chosen}, which should hold the id (letter case matters)."),
    "ecid": _(
        "The only id is the column {ecid_column}, an Experience Cloud ID (ECID), which this way into Target "
        "does not know."
    ),
}
_KEY_SUGGESTION = _("Is it {suggested_column}, as {suggested_key}?")
_NAME_EXPLANATIONS = {
    "empty": _("Column {position} has no name."),
    "too-long": _("The name of column {position} has {length} characters; Target takes at most {limit}."),
    "profile-prefix": _(
        "The name begins with “profile.”; Target adds that itself, and would file the values under a name "
        "that nobody looks for."
    ),
    "control-character": _("The name contains an invisible control character."),
}
_DUPLICATE_COLUMN = _("Columns {first_position} and {position} would both be sent as {name}.")
_TOO_BIG_TO_READ = _(
    "The row is longer than {limit} bytes (our limit, not Target's); it was not read to its end."
)
_QUOTE_IN_HEADER = _("A quotation mark opens this column name and is not closed anywhere after it.")
_AMOUNTS = {"bytes", "columns", "length", "limit"}
_SENTENCES = pgettext_lazy("two sentences, one after the other", "{first} {second}")


def title(code: str) -> Promise:
    """What is wrong, in a few words, for headings and filters."""
    return _TITLES[code]


def advice(code: str) -> Promise:
    """What to do about it, in one or two sentences."""
    return _ADVICE[code]


def explain(problem: Problem) -> str:
    """What is wrong with this row or file, why, and what to do, in whole sentences."""
    return str(format_lazy(_SENTENCES, first=_what_is_wrong(problem), second=_what_to_do(problem)))


def report_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """The problems as the lines of a CSV report: comma, LF, REPORT_COLUMNS first; for UTF-8."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield writer.writerow(REPORT_COLUMNS)
    for problem in problems:
        yield writer.writerow(
            (problem.line, problem.column, problem.code, problem.severity, problem.value, explain(problem))
        )


class _Echo:
    """A file for csv.writer that gives every line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _what_is_wrong(problem: Problem) -> str:
    params = {name: _in_words(name, value) for name, value in problem.params.items()}
    return str(_pattern(problem)).format(**params | {"position": problem.position})


def _pattern(problem: Problem) -> Promise:
    if problem.code == "header-key":
        return _KEY_EXPLANATIONS[problem.params["reason"]]
    if problem.code == "header-name":
        return _NAME_EXPLANATIONS[problem.params["reason"]]
    if problem.code == "header-duplicate":
        return _DUPLICATE_COLUMN
    if problem.code == "unclosed-quote" and problem.params.get("header"):
        return _QUOTE_IN_HEADER
    if problem.code == "row-too-big" and "bytes" not in problem.params:
        return _TOO_BIG_TO_READ
    return _EXPLANATIONS[problem.code]


def _what_to_do(problem: Problem) -> Promise | str:
    if "suggested_column" in problem.params:
        question = str(_KEY_SUGGESTION).format(**problem.params)
        return format_lazy(_SENTENCES, first=question, second=_ADVICE[problem.code])
    if problem.params.get("reason") == "ecid":
        return _ADVICE["id-looks-like-ecid"]
    return _ADVICE[problem.code]


def _in_words(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:,}" if name in _AMOUNTS else str(value)
