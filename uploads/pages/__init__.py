"""What pages say: read models, made from the database for one person, for templates."""

from .approval import ReviewPage, review_page, why_not_reviewed
from .batch import BatchPage, batch_page
from .columns import ColumnLine, NoticeLine, adjustment, column_lines, notice_lines
from .directory import (
    DestinationLine,
    InvitationLine,
    Security,
    destination_line,
    invitation_lines,
    security_of,
)
from .doubt import DoubtPage, decided_in_words, doubt_page, read_back_page, who_decides
from .events import AuditLine, audit_line
from .problems import Cause, FoundProblems, ProblemLine, causes

__all__ = [
    "AuditLine",
    "BatchPage",
    "Cause",
    "ColumnLine",
    "DestinationLine",
    "DoubtPage",
    "FoundProblems",
    "InvitationLine",
    "NoticeLine",
    "ProblemLine",
    "ReviewPage",
    "Security",
    "adjustment",
    "audit_line",
    "batch_page",
    "causes",
    "column_lines",
    "decided_in_words",
    "destination_line",
    "doubt_page",
    "invitation_lines",
    "notice_lines",
    "read_back_page",
    "review_page",
    "security_of",
    "who_decides",
    "why_not_reviewed",
]
