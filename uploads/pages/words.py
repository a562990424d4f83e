"""Numbers inside sentences, and sentences for what happened to a part or a batch."""

import re

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from uploads.models import Batch, Canary
from uploads.numerals import moment as moment
from uploads.numerals import number as number
from uploads.numerals import size_in_words as size_in_words

#: Why a part waits, is in doubt, or was refused: `Part.reason` in words.
PART_REASONS = {
    "connection": _("Target could not be reached. Nothing was sent; it is tried again by itself."),
    "busy": _("Target is busy. Nothing was applied; it is tried again by itself."),
    "token": _(
        "Target refused the token: it may have expired or been replaced. Nothing was applied. "
        "Ask an admin to enter a new token; then it goes on by itself."
    ),
    "answer": _(
        "The connection broke, or Target's answer could not be understood, after the data may have left. "
        "Target may or may not have it, so it is not sent again by itself."
    ),
    "worker-lost": _(
        "The process that was sending it stopped in the middle. Target may or may not have it, "
        "so it is not sent again by itself."
    ),
    "recovered": _(
        "An older copy of all data was brought back. This part may have been sent after the copy was made, "
        "so it is not sent again by itself. Have profiles read back, then decide."
    ),
    "no-room": _(
        "The server's disk is full, so nothing was sent. Ask an admin to make room; then it goes on "
        "by itself."
    ),
    "storage-away": _(
        "The storage that holds its file does not answer, so nothing was sent. It is tried again by itself; "
        "if this stays, tell your admin."
    ),
    "late-refusal": _(
        "The process that was sending it had been given up, but Target's answer was found: "
        "nothing was applied."
    ),
    "target": _("Target refused it. Nothing was applied."),
    "file-missing": _("Its file is no longer in storage. Nothing was sent; upload the file again."),
    "file-changed": _("Its file changed after the check. Nothing was sent; upload the file again."),
    "approval-void": _(
        "The destination's settings were changed after the approval. Nothing was sent; upload the file again "
        "and ask for approval anew."
    ),
    "status-url": _(
        "Target accepted it, but gave no address to ask about it that we may safely follow. "
        "Look up a few visitors in Target to see whether the values arrived."
    ),
    "silent": _("Target accepted it, but did not say within 24 hours what became of it."),
    "forgotten": _(
        "Target accepted it, but no longer knows it: it keeps only the last ten batches, for a day."
    ),
}

_INACTIVE_DESTINATION = _(
    "The destination is inactive: nothing can be sent there until an admin makes it active again."
)
_TAKES_NO_PCIDS = _(
    "The destination does not take files by pcId any more: version 2 does not where visitors are known by "
    "ECID. Read the file by another id, or ask an admin."
)

#: Why a batch was not sent at the time that was chosen for it: `Batch.schedule_failure` in words.
SCHEDULE_FAILURES = {
    "schedule-changed": _("What would be sent, or where, has changed since then."),
    "schedule-approval": _("Its destination now wants a second person to approve it."),
    "schedule-pcid": _TAKES_NO_PCIDS,
    "schedule-inactive": _("Its destination is inactive."),
    "schedule-person": _("Somebody who had a part in it is no longer active here."),
    "schedule-overlap": _(
        "A batch that was sent meanwhile has some of the same visitors, and Target would lose values of it."
    ),
    "schedule-late": _("Nothing was running then, and it was found more than 6 hours late."),
}

#: Why a batch that is ready is not what it seems: its `Batch.schedule_failure` is "recovered".
RECOVERED = _(
    "An older copy of all data was brought back. This batch may have been sent after the copy was made: "
    "look a few of its visitors up in Target before you send it."
)

#: Why a batch could not be compared with those sent before it: `Overlap.failure` in words.
OVERLAP_FAILURES = {
    "gave-up": _(
        "Comparing it with what was sent before stopped three times without an end. That is our fault, not "
        "the file's. It can still be sent, but nobody knows whether Target loses values by it; tell your "
        "admin."
    ),
    "file-changed": _(
        "A file of this batch, or of one that was sent before, is not the one that was checked, so they "
        "could not be compared. Tell your admin."
    ),
    "other-key": _(
        "It could not be compared with what was sent before: the key of fingerprints is not the one that "
        "they were made with. Tell your admin."
    ),
}

#: Why it could not be found out what was sent before a batch: `Restoration.failure` in words.
RESTORATION_FAILURES = {
    "gave-up": _(
        "Looking for it stopped three times without an end. That is our fault, not yours. Look again, and "
        "tell your admin if it happens again."
    ),
    "file-changed": _(
        "A file of this batch, or of one that was sent before or after it, is not the one that was checked. "
        "Tell your admin."
    ),
    "other-key": _(
        "The key of fingerprints is not the one that they were made with, so nothing can be found by them. "
        "Tell your admin."
    ),
}

#: Why an account is paused: `Account.pause_reason` in words.
PAUSES = {
    "token": _(  # T3
        "Paused: Target refused the token; it may have expired or been replaced. "
        "Ask an admin to enter a new token; then it goes on by itself."
    ),
    "person": _("Paused: an admin has paused this account. It goes on when an admin resumes it."),
}

#: Why the check itself gave up: `Batch.check_failure` in words.
CHECK_FAILURES = {
    "gave-up": _(
        "The check stopped three times without an end. That is our fault, not the file's: nothing was sent. "
        "Upload the file again, and tell your admin if it happens again."
    ),
    "file-missing": _("The uploaded file is no longer in storage. Nothing was sent; upload it again."),
    "file-changed": _("The stored file is not the one that was uploaded. Nothing was sent; upload it again."),
}

#: What became of a call to Target: `Call.outcome` in words.
CALL_OUTCOMES = {
    "accepted": _("Target accepted it"),
    "refused": _("Target refused it"),
    "unknown": _("no answer says whether Target took it"),
    "connection": _("Target could not be reached"),
    "unreachable": _("Target could not be reached"),
    "busy": _("Target was busy"),
    "token": _("Target refused the token"),
    "not-found": _("Target does not know it"),
    "unreadable": _("its answer could not be understood"),
    "stuck": _("Target gave up on it"),
    "complete": _("Target is done with it"),
    "found": _("Target knows it"),
    "incomplete": _("Target is still working on it"),
}

#: What became of asking Target for one profile, as `workflow.looks` keeps it.
PROFILE_STATES = {
    "found": _("Target knows it"),
    "unknown": _("Target does not know it"),
    "unanswered": _("Target did not answer"),
    "waiting": _("Target could not be asked then"),
}

#: Why somebody could not sign in, as `workflow.sign_in_failed` notes it.
SIGN_IN_FAILURES = {
    "wrong password": _("wrong password"),
    "too many attempts": _("too many attempts"),
    "wrong code": _("wrong code"),
    "passkey refused": _("passkey refused"),
}

#: What somebody proved who they are with.
SIGN_IN_STEPS = {
    "password": _("a password"),
    "totp": _("a code of an app"),
    "webauthn": _("a passkey"),
    "recovery_codes": _("recovery codes"),
    "socialaccount": _("single sign-on"),
}

#: What becomes of the rest of a batch whose first rows go alone: `Canary.then` in words.
FIRST_ROWS_THEN = {
    Canary.Then.SEND_REST: _("the rest goes by itself once all of them carry the values sent"),
    Canary.Then.WAIT: _("the rest waits until somebody says so"),
}

#: Whether the audit log's chain holds, and how it is broken: `audit.Break.fault` in words.
LOG_FAULTS = {
    "": _("the chain is whole"),
    "changed": _("the event there is not what was written"),
    "missing": _("the event there is missing"),
    "unlinked": _("the event there does not follow the one before"),
    "cut-off": _("events were cut off its end"),
    "past-the-end": _("there are events past its known end"),
    "other-end": _("the log's known end is not the event there"),
    "unknown-key": _("the event there goes over to a key that is not here; keep every old key of the log"),
    "old-key": _(
        "the log does not go over to its newest key: either a change of key was interrupted and is completed "
        "by manage.py rotate_audit_key, or the log was written anew by somebody who has an old one"
    ),
    "other-log": _("the event there is another one than in the copy"),
}

#: What our client of Target says of a call where Target itself says nothing; kept with the part as it stands.
CLIENT_SAYS = frozenset(
    {
        gettext_noop("No connection could be made in time."),
        gettext_noop("No trusted TLS connection could be made."),
        gettext_noop("Sending the batch file took too long."),
        gettext_noop("Target answered HTTP {code}."),
        gettext_noop("Target answered before it had the whole batch."),
        gettext_noop("Target answered with a redirect (HTTP {code}), which is not followed."),
        gettext_noop("Target did not accept the token."),
        gettext_noop("Target did not answer in time."),
        gettext_noop("Target does not know this batch any more."),
        gettext_noop("Target failed (HTTP {code})."),
        gettext_noop("Target failed while it had the batch (HTTP {code})."),
        gettext_noop("Target is busy."),
        gettext_noop("Target refused the batch (HTTP {code})."),
        gettext_noop("Target's answer could not be read."),
        gettext_noop("The answer broke off."),
        gettext_noop("The answer came too slowly."),
        gettext_noop("The answer is no profile of Target's."),
        gettext_noop("The answer is no status of Target's."),
        gettext_noop("The answer was too long."),
        gettext_noop("The batch file could not be read."),
        gettext_noop("The batch file is shorter than it was."),
        gettext_noop("The call was given up before anything was sent."),
        gettext_noop("The connection failed."),
        gettext_noop("The host's name could not be resolved."),
        gettext_noop("The host's name leads to an address that is not public, which is not called."),
        gettext_noop("The status URL is not one of Target's for this account."),
        gettext_noop("The status needs the token, and https did not connect."),
        gettext_noop("The token has characters that cannot be sent."),
        gettext_noop("This id cannot be part of an address."),
    }
)
_HTTP_CODE = re.compile(r"(?<=HTTP )\d{3}")


def what_was_said(message: str) -> str:
    """The last word about a call: Target's own as it stands, our client's in the reader's language."""
    pattern = _HTTP_CODE.sub("{code}", message)
    if pattern not in CLIENT_SAYS:
        return message
    code = _HTTP_CODE.search(message)
    return gettext(pattern).format(code=code and code[0])


def device_in_words(device: str) -> str:
    """A class of devices (`audit.device_of`) for people; "" where none is known."""
    if device == "another program":
        return gettext("another program")
    browser, _on, system = device.partition(" on ")
    return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else device


def why_not_taken(batch: Batch) -> str:
    """Why its destination does not take a batch now, "" if it does."""
    if batch.is_taken:
        return ""
    return str(_TAKES_NO_PCIDS if batch.destination.active else _INACTIVE_DESTINATION)
