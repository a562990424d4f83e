"""What the product remembers: one file a noun."""

from .arrival import ArrivalCheck
from .audit import AuditEvent, AuditHead, AuditVerification
from .batch import Batch, Upload
from .beat import Beat
from .business_hours import BusinessHours
from .cache_entry import CacheEntry
from .call import Call
from .canary import Canary
from .day import DayRows
from .destination import Account, Destination
from .forgetting import Forgetting
from .invitation import Invitation
from .notification import Notification
from .overlap import Overlap
from .part import Part
from .people import Membership, User
from .reading import AttributeName, SavedReading
from .restoration import Restoration
from .shelf import NameShelf
from .states import BatchState, Decision, PartState, Verdict

__all__ = [
    "Account",
    "ArrivalCheck",
    "AttributeName",
    "AuditEvent",
    "AuditHead",
    "AuditVerification",
    "Batch",
    "BatchState",
    "Beat",
    "BusinessHours",
    "CacheEntry",
    "Call",
    "Canary",
    "DayRows",
    "Decision",
    "Destination",
    "Forgetting",
    "Invitation",
    "Membership",
    "NameShelf",
    "Notification",
    "Overlap",
    "Part",
    "PartState",
    "Restoration",
    "SavedReading",
    "Upload",
    "User",
    "Verdict",
]
