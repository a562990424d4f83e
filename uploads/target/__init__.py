"""Adobe Target's Bulk Profile Update API: the client. `uploads.target.sandbox` emulates the other side."""

from .accounts import Account, allowed_status_url, host_of
from .answers import Attribute, Profile, possible_ids
from .client import Accepted, Status, fetch_profile, status, submit
from .comparing import Match, compare
from .errors import (
    OutcomeUnknown,
    PollFailed,
    Refused,
    RetrySafely,
    StatusUrlRefused,
    TargetError,
)
from .http import POLL_TIMEOUTS, SUBMIT_TIMEOUTS, Timeouts

__all__ = [
    "POLL_TIMEOUTS",
    "SUBMIT_TIMEOUTS",
    "Accepted",
    "Account",
    "Attribute",
    "Match",
    "OutcomeUnknown",
    "PollFailed",
    "Profile",
    "Refused",
    "RetrySafely",
    "Status",
    "StatusUrlRefused",
    "TargetError",
    "Timeouts",
    "allowed_status_url",
    "compare",
    "fetch_profile",
    "host_of",
    "possible_ids",
    "status",
    "submit",
]
