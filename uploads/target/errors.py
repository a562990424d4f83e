"""How a call to Target can fail. A submission ends in one of three kinds; a poll never changes anything.

Every `detail` is short, safe to show and to log: it holds no token and nothing of a row.
"""

from typing import Literal

RetryKind = Literal["connection", "busy", "token"]
PollKind = Literal["token", "busy", "unreachable", "not-found", "unreadable"]


class TargetError(Exception):
    """A call to Target that did not do what was asked.

    `detail` says why in one sentence; `http_status` is the answer's, or None where none came.
    """

    def __init__(self, detail: str, *, http_status: int | None = None):
        super().__init__(detail)
        self.detail = detail
        self.http_status = http_status


class Refused(TargetError):
    """Target answered no: 3xx, 4xx, or success=false (T5). Nothing was applied; asking again is no use."""


class RetrySafely(TargetError):
    """Nothing was applied; the same call may be made again.

    `kind` says what has to change first: "connection" (no byte of the body left), "busy" (503, 429;
    T11) or "token" (401, 403; T3). `retry_after` is in seconds, None where Target did not say.
    """

    def __init__(
        self,
        detail: str,
        *,
        kind: RetryKind,
        http_status: int | None = None,
        retry_after: float | None = None,
    ):
        super().__init__(detail, http_status=http_status)
        self.kind = kind
        self.retry_after = retry_after


class OutcomeUnknown(TargetError):
    """The body may have reached Target and no answer says what became of it (T14: nothing else will).

    `handed_over`: bytes of the body that the connection was given; how many of them arrived, nobody knows.
    """

    def __init__(self, detail: str, *, handed_over: int, http_status: int | None = None):
        super().__init__(detail, http_status=http_status)
        self.handed_over = handed_over


class PollFailed(TargetError):
    """A status or profile could not be read this time; the batch itself is untouched.

    `kind`: "token" (401, 403), "busy" (503, 429), "unreachable" (no connection, timeout, other 5xx),
    "not-found" (404, 410; T10) or "unreadable" (an answer that is none of Target's).
    `retry_after` is in seconds, None where Target did not say.
    """

    def __init__(
        self,
        detail: str,
        *,
        kind: PollKind,
        http_status: int | None = None,
        retry_after: float | None = None,
    ):
        super().__init__(detail, http_status=http_status)
        self.kind = kind
        self.retry_after = retry_after


class StatusUrlRefused(TargetError):
    """The status URL is not one of Target's for this account; it was not called (T6)."""
