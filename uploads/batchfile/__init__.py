"""The batch file engine: reads a file of visitor profiles, finds every problem, makes the batch files.

Pure: it knows neither Django nor the network. `detect` takes a first look and proposes a `Reading`;
`check` goes over the whole file once, in memory that does not grow with it, writes what is wrong to
a `ProblemStore` and the good rows to parts that Target takes, and tells the `Summary`.
"""

from .budget import PROFILE_LIMIT, HeavyProfile, HeavyProfiles, weigh
from .checking import UNPROVEN_VALUES, check
from .confidence import in_tenths_of_a_percent, most_missing
from .corrections import protect
from .csv_lines import line_writer
from .detection import Detection, detect
from .encoding import BATCH_PREFIX
from .figures import ColumnFigures
from .fingerprints import (
    FINGERPRINTS_NAME,
    fingerprint,
    read_fingerprints,
    shared_fingerprints,
    write_fingerprints_of,
)
from .fixing import Cell, NotWritable, OpenRow, disturbed_row, open_row
from .forgetting import (
    SPACED_ID,
    Span,
    blank_out,
    can_blank_out,
    changes_of,
    fingerprints_without,
    has_fingerprint,
    part_without,
    problems_without,
    rows_of,
)
from .grams import WantedGrams, grams_of
from .header import COLUMN_LIMIT, problems_of_names
from .keys import suggest_key
from .lines import RECORD_LIMIT
from .names import NameProposal, UsedNames, alike, shape_of
from .overlap import EarlierBatch, ForeignFingerprints, compare
from .overlap_remedies import (
    Carried,
    LeftOut,
    OtherParts,
    OversizedRows,
    carry_over,
    leave_out,
    left_out_lines,
)
from .overlap_store import LostValue, OverlapRow, OverlapStore
from .overlap_summary import BatchOverlap, OverlapSummary
from .parts import PART_NAME, PartFile, PartLimits, cut
from .patching import MOST_CHANGES, Change, Patch, TooManyChanges
from .problems import CODES, Code, Notice, Problem, excerpt
from .reading import (
    CLEAR_VALUE_LIMIT,
    CONTAINERS,
    DELIMITERS,
    ENCODINGS,
    FORMATS,
    KEYS,
    Reading,
    ReadingError,
    fit_into_a_row,
    is_clear_value,
)
from .refusals import REFUSED_BY_TARGET, find_refused
from .report import correction_lines
from .restoring import SENT_FATES, BatchValues, Fate, RestoreSummary, restore
from .rules import ROW_LIMIT
from .sampling import Sample, SampledRow, draw, row_of, rows_at, sample_rows
from .sources import UnreadableFile
from .store import MOST_FOUND, MergedProblems, ProblemStore, ProblemWriter
from .summary import Summary
from .treatment import Treatment, with_clear_values
from .warming import warm_up

__all__ = [
    "BATCH_PREFIX",
    "CLEAR_VALUE_LIMIT",
    "CODES",
    "COLUMN_LIMIT",
    "CONTAINERS",
    "DELIMITERS",
    "ENCODINGS",
    "FINGERPRINTS_NAME",
    "FORMATS",
    "KEYS",
    "MOST_CHANGES",
    "MOST_FOUND",
    "PART_NAME",
    "PROFILE_LIMIT",
    "RECORD_LIMIT",
    "REFUSED_BY_TARGET",
    "ROW_LIMIT",
    "SENT_FATES",
    "SPACED_ID",
    "UNPROVEN_VALUES",
    "BatchOverlap",
    "BatchValues",
    "Carried",
    "Cell",
    "Change",
    "Code",
    "ColumnFigures",
    "Detection",
    "EarlierBatch",
    "Fate",
    "ForeignFingerprints",
    "HeavyProfile",
    "HeavyProfiles",
    "LeftOut",
    "LostValue",
    "MergedProblems",
    "NameProposal",
    "NotWritable",
    "Notice",
    "OpenRow",
    "OtherParts",
    "OverlapRow",
    "OverlapStore",
    "OverlapSummary",
    "OversizedRows",
    "PartFile",
    "PartLimits",
    "Patch",
    "Problem",
    "ProblemStore",
    "ProblemWriter",
    "Reading",
    "ReadingError",
    "RestoreSummary",
    "Sample",
    "SampledRow",
    "Span",
    "Summary",
    "TooManyChanges",
    "Treatment",
    "UnreadableFile",
    "UsedNames",
    "WantedGrams",
    "alike",
    "blank_out",
    "can_blank_out",
    "carry_over",
    "changes_of",
    "check",
    "compare",
    "correction_lines",
    "cut",
    "detect",
    "disturbed_row",
    "draw",
    "excerpt",
    "find_refused",
    "fingerprint",
    "fingerprints_without",
    "fit_into_a_row",
    "grams_of",
    "has_fingerprint",
    "in_tenths_of_a_percent",
    "is_clear_value",
    "leave_out",
    "left_out_lines",
    "line_writer",
    "most_missing",
    "open_row",
    "part_without",
    "problems_of_names",
    "problems_without",
    "protect",
    "read_fingerprints",
    "restore",
    "row_of",
    "rows_at",
    "rows_of",
    "sample_rows",
    "shape_of",
    "shared_fingerprints",
    "suggest_key",
    "warm_up",
    "weigh",
    "with_clear_values",
    "write_fingerprints_of",
]
