"""The calls to Target: submit a batch file, ask for its status, read one profile back.

Each function makes one call (`status` a second one where https does not connect) and returns a typed
answer or raises one of the errors of `errors`. Nothing here retries, sleeps or remembers.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Literal
from urllib.parse import urlsplit

from .accounts import Account, KeyKind, allowed_status_url, batch_id_of
from .answers import IdSink, Profile, Unreadable, XmlAnswer, read_no_profile, read_profile, read_xml
from .errors import OutcomeUnknown, PollFailed, Refused, RetrySafely, StatusUrlRefused
from .http import (
    POLL_TIMEOUTS,
    SUBMIT_TIMEOUTS,
    Answer,
    AnswerUnusable,
    Interrupted,
    NotConnected,
    Timeouts,
    call,
)

STATUS_ANSWER_LIMIT = 128_000_000  # T9: older answers list every row of a batch
MESSAGE_LENGTH = 200
LONGEST_RETRY_AFTER = 24 * 60 * 60
UNSENDABLE_TOKEN = "The token has characters that cannot be sent."  # noqa: S105 # nosec B105 # a sentence
STATES = ("complete", "incomplete", "stuck")  # T8


@dataclass(frozen=True)
class Accepted:
    """Target has queued the batch (T4). Without a status URL nobody can follow it, but accepted it is."""

    status_url: str | None
    batch_id: str | None
    message: str


@dataclass(frozen=True)
class Status:
    """What Target says of a batch (T7, T8); counts it does not give are None."""

    state: Literal["complete", "incomplete", "stuck"]
    batch_size: int | None = None
    consumed: int | None = None
    updated: int | None = None
    not_found: int | None = None
    failed: int | None = None


def submit(
    account: Account,
    body: BinaryIO,
    length: int,
    *,
    timeouts: Timeouts = SUBMIT_TIMEOUTS,
    go_ahead: Callable[[], bool] = lambda: True,
) -> Accepted:
    """Post one batch file of exactly `length` bytes, streamed from `body` (T1, T2, T4).

    `go_ahead` is asked once, with the connection standing and nothing of the body sent: the last moment at
    which the call can be given up with certainty. Where it says no, RetrySafely is raised.

    Raises Refused, RetrySafely or OutcomeUnknown; ValueError where `length` is not positive.
    """
    if not account.token_is_sendable:
        raise RetrySafely(UNSENDABLE_TOKEN, kind="token")
    try:
        with call(
            "POST",
            account.submit_url,
            timeouts=timeouts,
            public_only=not account.sandbox,
            token=account.token,
            body=(body, length),
            go_ahead=go_ahead,
        ) as answer:
            return _submission(account, answer)
    except NotConnected as failure:
        error = RetrySafely(str(failure), kind="connection")
    except Interrupted as failure:
        error = OutcomeUnknown(str(failure), handed_over=failure.handed_over)
    raise error


def status(
    account: Account,
    url: str,
    *,
    failed_ids: IdSink | None = None,
    timeouts: Timeouts = POLL_TIMEOUTS,
) -> Status:
    """Ask for a batch's status with its counts (T6 to T9), at the URL that the submission answered.

    `failed_ids` is called with each id that Target lists as failed, up to 500,000 of them, in its
    order and as it wrote them (see `possible_ids`), while the answer is still being read: what it
    got counts only once `status` returns. It is personal data. What `failed_ids` raises ends the call.

    A plain http URL is tried over https first; over http only where no https connection comes
    about, and then without the token. Raises StatusUrlRefused or PollFailed.
    """
    url = allowed_status_url(account, url)
    if url is None:
        raise StatusUrlRefused("The status URL is not one of Target's for this account.")
    if not account.token_is_sendable:
        raise PollFailed(UNSENDABLE_TOKEN, kind="token")
    url = _with_details(url)
    if account.sandbox or urlsplit(url).scheme == "https":
        return _poll(account, url, failed_ids, timeouts)
    return _poll_over_https_first(account, url, failed_ids, timeouts)


def fetch_profile(
    account: Account, key: KeyKind, identifier: str, *, timeouts: Timeouts = POLL_TIMEOUTS
) -> Profile | None:
    """One profile read back; None where Target says that it knows none by this id (T13).

    Raises PollFailed, also for a 404 that is not in Target's words; its text never holds the id.
    """
    if identifier in ("", ".", ".."):
        raise PollFailed("This id cannot be part of an address.", kind="unreadable")
    if not account.token_is_sendable:
        raise PollFailed(UNSENDABLE_TOKEN, kind="token")
    try:
        with _get(account, account.profile_url(key, identifier), timeouts) as answer:
            if answer.status == 404:
                read_no_profile(b"".join(answer.chunks()))
                return None
            _check_poll(answer)
            return read_profile(b"".join(answer.chunks()))
    except (NotConnected, Interrupted) as failure:
        error = PollFailed(str(failure), kind="unreachable")
    except (AnswerUnusable, Unreadable):
        error = PollFailed("The answer is no profile of Target's.", kind="unreadable")
    raise error


def _submission(account: Account, answer: Answer) -> Accepted:
    code = answer.status
    if code in (401, 403):  # T3
        raise RetrySafely("Target did not accept the token.", kind="token", http_status=code)
    if code in (429, 503):  # T11
        raise RetrySafely("Target is busy.", kind="busy", http_status=code, retry_after=_retry_after(answer))
    if 300 <= code < 400:
        raise Refused(
            f"Target answered with a redirect (HTTP {code}), which is not followed.", http_status=code
        )
    if 400 <= code < 500:
        raise Refused(_refusal_text(account, _read_or_none(answer), code), http_status=code)
    if not 200 <= code < 300:
        raise _unknown(answer, f"Target failed while it had the batch (HTTP {code}).")
    return _acceptance(account, answer)


def _acceptance(account: Account, answer: Answer) -> Accepted:
    xml = _read_or_none(answer)
    success = xml.text("success").lower() if xml else None
    if success == "false":  # T5: a refusal may come with HTTP 200
        raise Refused(_refusal_text(account, xml, answer.status), http_status=answer.status)
    if success != "true":
        raise _unknown(answer, "Target's answer could not be read.")
    if not answer.request_complete:
        raise _unknown(answer, "Target answered before it had the whole batch.")
    url = xml.text("batchStatus") or None
    return Accepted(
        status_url=url,
        batch_id=batch_id_of(url) if url else None,
        message=_shown(account, xml.text("message")),
    )


def _unknown(answer: Answer, detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, handed_over=answer.handed_over, http_status=answer.status)


def _read_or_none(answer: Answer) -> XmlAnswer | None:
    try:
        return read_xml(answer.chunks())
    except (AnswerUnusable, Unreadable):
        return None


def _refusal_text(account: Account, xml: XmlAnswer | None, code: int) -> str:
    message = _shown(account, xml.text("message")) if xml else ""
    return message or f"Target refused the batch (HTTP {code})."


def _shown(account: Account, message: str) -> str:
    """Target's message on one line, cut, and without the token should it ever be echoed."""
    if account.token:
        message = message.replace(account.token, "…")
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())[:MESSAGE_LENGTH]


def _poll_over_https_first(
    account: Account, url: str, failed_ids: IdSink | None, timeouts: Timeouts
) -> Status:
    parts = urlsplit(url)
    secure = parts._replace(scheme="https", netloc=parts.hostname).geturl()
    try:
        return _ask(account, secure, failed_ids, timeouts)
    except NotConnected:
        pass  # the one failure after which plain http is worth a try
    try:
        return _poll(replace(account, token=None), url, failed_ids, timeouts)
    except PollFailed as failure:
        if failure.kind != "token" or not account.token:
            raise
    # The token was withheld here, so this answer says nothing about it.
    raise PollFailed("The status needs the token, and https did not connect.", kind="unreachable")


def _poll(account: Account, url: str, failed_ids: IdSink | None, timeouts: Timeouts) -> Status:
    try:
        return _ask(account, url, failed_ids, timeouts)
    except NotConnected as failure:
        error = PollFailed(str(failure), kind="unreachable")
    raise error


def _ask(account: Account, url: str, failed_ids: IdSink | None, timeouts: Timeouts) -> Status:
    """One status call; raises NotConnected besides PollFailed."""
    try:
        with _get(account, url, timeouts) as answer:
            _check_poll(answer)
            return _status(read_xml(answer.chunks(STATUS_ANSWER_LIMIT), failed_ids))
    except Interrupted as failure:
        error = PollFailed(str(failure), kind="unreachable")
    except (AnswerUnusable, Unreadable):
        error = PollFailed("The answer is no status of Target's.", kind="unreadable")
    raise error


def _get(account: Account, url: str, timeouts: Timeouts) -> AbstractContextManager[Answer]:
    return call("GET", url, timeouts=timeouts, public_only=not account.sandbox, token=account.token)


def _check_poll(answer: Answer) -> None:
    code = answer.status
    if 200 <= code < 300:
        return
    if code in (401, 403):
        raise PollFailed("Target did not accept the token.", kind="token", http_status=code)
    if code in (429, 503):
        raise PollFailed("Target is busy.", kind="busy", http_status=code, retry_after=_retry_after(answer))
    if code in (404, 410):
        raise PollFailed("Target does not know this batch any more.", kind="not-found", http_status=code)
    if code >= 500:
        raise PollFailed(f"Target failed (HTTP {code}).", kind="unreachable", http_status=code)
    raise PollFailed(f"Target answered HTTP {code}.", kind="unreadable", http_status=code)


def _status(xml: XmlAnswer) -> Status:
    state = xml.text("status").lower()
    if state not in STATES:
        raise Unreadable
    return Status(
        state=state,
        batch_size=xml.count("batchSize"),
        consumed=xml.count("consumedCount"),
        updated=xml.count("successfulUpdates"),
        not_found=xml.count("profilesNotFound"),
        failed=xml.count("failedUpdates"),
    )


def _with_details(url: str) -> str:
    """The URL with showDetails=true, its own parameters kept as they are (T6)."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not pair.lower().startswith("showdetails=")]
    return parts._replace(query="&".join([*kept, "showDetails=true"])).geturl()


def _retry_after(answer: Answer) -> float | None:
    """The Retry-After header in seconds from now, from either of its forms; None where it has neither."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), LONGEST_RETRY_AFTER))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
