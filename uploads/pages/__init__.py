"""What pages say about batches: read models, made from the database for one person, for templates."""

from .batch import BatchPage, batch_page
from .events import AuditLine, audit_line
from .problems import Cause, FoundProblems, ProblemLine, causes

__all__ = [
    "AuditLine",
    "BatchPage",
    "Cause",
    "FoundProblems",
    "ProblemLine",
    "audit_line",
    "batch_page",
    "causes",
]
