"""What pages say: read models, made from the database for one person, for templates."""

from .approval import ReviewPage, review_page, why_not_reviewed
from .arrival import ArrivalPanel, badge_of, not_as_sent
from .asked import AskedPage, asked_page
from .attributes import DictionaryPage, dictionary_page
from .batch import BatchPage, batch_page
from .budget import heavy_profile_lines
from .columns import ColumnLine, NoticeLine, adjustment, column_lines, notice_lines
from .confirm import ConfirmPage, can_go, confirm_page, why_not_sent
from .directory import (
    DestinationLine,
    InvitationLine,
    Security,
    destination_line,
    invitation_lines,
    security_of,
)
from .doubt import DoubtPage, decided_in_words, doubt_page, read_back_page, who_decides
from .example import example_file, examples_for, separators
from .fixing import FixedRow, RowPage, checking_in_words, fixed_rows, may_fix, refused_in_words, row_page
from .forgetting import ForgettingPage, forgetting_page
from .guide import GuideEntry, GuideGroup, problem_guide
from .history import ORDERS, HistoryPage, history_csv, history_json, history_page
from .home import HomePage, home_chart, home_page
from .keeping import files_gone, kept_in_words, original_missing, person_forgotten
from .log import ChainPage, LogPage, chain_page, csv_lines, json_lines, log_page
from .metrics import metrics
from .notification import notification_of
from .overlap import LostValues, OverlapPage, default_choice, overlap_page
from .problems import Cause, FoundProblems, ProblemLine, causes, columns_with_problems
from .quiet import quiet_advice
from .readiness import Readiness, readiness
from .reading import reading_sample, remembered
from .restoring import RestorePage, names_to_clear, restore_page, restores_note
from .same_file import same_file
from .ways import WAYS, Comparison

__all__ = [
    "ORDERS",
    "WAYS",
    "ArrivalPanel",
    "AskedPage",
    "BatchPage",
    "Cause",
    "ChainPage",
    "ColumnLine",
    "Comparison",
    "ConfirmPage",
    "DestinationLine",
    "DictionaryPage",
    "DoubtPage",
    "FixedRow",
    "ForgettingPage",
    "FoundProblems",
    "GuideEntry",
    "GuideGroup",
    "HistoryPage",
    "HomePage",
    "InvitationLine",
    "LogPage",
    "LostValues",
    "NoticeLine",
    "OverlapPage",
    "ProblemLine",
    "Readiness",
    "RestorePage",
    "ReviewPage",
    "RowPage",
    "Security",
    "adjustment",
    "asked_page",
    "badge_of",
    "batch_page",
    "can_go",
    "causes",
    "chain_page",
    "checking_in_words",
    "column_lines",
    "columns_with_problems",
    "confirm_page",
    "csv_lines",
    "decided_in_words",
    "default_choice",
    "destination_line",
    "dictionary_page",
    "doubt_page",
    "example_file",
    "examples_for",
    "files_gone",
    "fixed_rows",
    "forgetting_page",
    "heavy_profile_lines",
    "history_csv",
    "history_json",
    "history_page",
    "home_chart",
    "home_page",
    "invitation_lines",
    "json_lines",
    "kept_in_words",
    "log_page",
    "may_fix",
    "metrics",
    "names_to_clear",
    "not_as_sent",
    "notice_lines",
    "notification_of",
    "original_missing",
    "overlap_page",
    "person_forgotten",
    "problem_guide",
    "quiet_advice",
    "read_back_page",
    "readiness",
    "reading_sample",
    "refused_in_words",
    "remembered",
    "restore_page",
    "restores_note",
    "review_page",
    "row_page",
    "same_file",
    "security_of",
    "separators",
    "who_decides",
    "why_not_reviewed",
    "why_not_sent",
]
