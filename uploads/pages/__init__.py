"""What pages say: read models, made from the database for one person, for templates."""

from .approval import ReviewPage, review_page, why_not_reviewed
from .batch import BatchPage, batch_page
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
from .forgetting import ForgettingPage, forgetting_page
from .guide import GuideEntry, GuideGroup, problem_guide
from .keeping import files_gone, kept_in_words, original_missing, person_forgotten
from .log import ChainPage, LogPage, chain_page, csv_lines, json_lines, log_page
from .problems import Cause, FoundProblems, ProblemLine, causes, columns_with_problems
from .ways import WAYS, Comparison

__all__ = [
    "WAYS",
    "BatchPage",
    "Cause",
    "ChainPage",
    "ColumnLine",
    "Comparison",
    "ConfirmPage",
    "DestinationLine",
    "DoubtPage",
    "ForgettingPage",
    "FoundProblems",
    "GuideEntry",
    "GuideGroup",
    "InvitationLine",
    "LogPage",
    "NoticeLine",
    "ProblemLine",
    "ReviewPage",
    "Security",
    "adjustment",
    "batch_page",
    "can_go",
    "causes",
    "chain_page",
    "column_lines",
    "columns_with_problems",
    "confirm_page",
    "csv_lines",
    "decided_in_words",
    "destination_line",
    "doubt_page",
    "files_gone",
    "forgetting_page",
    "invitation_lines",
    "json_lines",
    "kept_in_words",
    "log_page",
    "notice_lines",
    "original_missing",
    "person_forgotten",
    "problem_guide",
    "read_back_page",
    "review_page",
    "security_of",
    "who_decides",
    "why_not_reviewed",
    "why_not_sent",
]
