"""Every action there is, with the sentence that tells it.

The names are stable: exports and filters rely on them. Braces name what the event holds: {who}, {batch},
{destination}, {person}, or one of its facts; what stands in square brackets is said only where all that it
names is known. {actor} is {who} where that is a person. `uploads.pages.events` puts the words in.
"""

import re

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "batch.received": _(
        "{who} uploaded batch {batch} for {destination}[: {file}][, {bytes} bytes]"
        "[, with values that were sent before batch {restores}]."
    ),
    "batch.reading-confirmed": _(
        "{who} said how to read batch {batch}, and its check began[: {encoding}][; renamed: {renamed}]"
        "[; not sent: {left_out}][; sent for blanks: {cleared}]."
    ),
    "batch.check-started": _(
        "The check of batch {batch} began[: {encoding}][, read as {confirmed_by} had read batch {like_batch}]"
        "[; renamed: {renamed}][; not sent: {left_out}][; sent for blanks: {cleared}]."
    ),
    "batch.row-edited": _("{who} changed the row on line {line} of batch {batch}[, in {columns}]."),
    "batch.row-left-out": _("{who} left the row on line {line} of batch {batch} out."),
    "batch.row-restored": _("{who} took back what was changed in the row on line {line} of batch {batch}."),
    "batch.fixes-dropped": _(
        "The changes of single rows of batch {batch} were dropped: read differently, the file has other rows."
    ),
    "batch.ready": _("The check of batch {batch} ended: {accepted} of {rows} rows can be sent."),
    "batch.refused": _("The check of batch {batch} ended: the file cannot be used.[ {failure}]"),
    "batch.overlap-found": _(
        "Batch {batch} was compared with those sent before: Target would lose {cells} values of batch "
        "{batches}; rows: {rows}."
    ),
    "batch.overlap-carried": _(
        "{who} had batch {batch} carry {cells} values of earlier batches over; rows: {rows}."
    ),
    "batch.overlap-left-out": _(
        "{who} left rows of batch {batch} out by which Target would lose {cells} values of earlier batches; "
        "rows: {rows}."
    ),
    "batch.overlap-accepted": _(
        "{who} chose to send batch {batch} anyway, although Target would lose {cells} values of earlier "
        "batches; rows: {rows}: “{reason}”"
    ),
    "batch.overlap-void": _(
        "What had been chosen for batch {batch} holds no longer: what it has in common with earlier batches "
        "has changed."
    ),
    "batch.overlap-oversized": _(
        "What had been chosen for batch {batch} holds no longer: the values of earlier batches cannot be "
        "carried over; rows that would become too long: {rows}."
    ),
    "batch.first-rows-chosen": _(
        "{who} chose to send the first {rows} rows of batch {batch} alone, and to hold {rest} rows back: "
        "{then}."
    ),
    "batch.first-rows-checked": _(
        "The first rows of batch {batch} were read back from Target: {sampled}; with the values sent: "
        "{carrying}, changed since: {changed}, without them: {differing}, unknown to Target: {unknown}, "
        "without an answer: {unanswered}."
    ),
    "batch.rest-sent": _(
        "{who} let the rest of batch {batch} go, after its first rows; rows: {rows}, parts: {parts}."
    ),
    "batch.approval-asked": _(
        "{who} asked for approval of batch {batch}[, to be sent at {send_at}][: “{reason}”]."
    ),
    "batch.approval-taken-back": _("{who} took back the request to approve batch {batch}."),
    "batch.approval-void": _("The approval of batch {batch} is void: what would be sent has changed."),
    "batch.approved": _("{who} approved batch {batch}[: “{reason}”]."),
    "batch.returned": _("{who} returned batch {batch} to its uploader[: “{reason}”]."),
    "batch.rejected": _("{who} rejected batch {batch}[: “{reason}”]."),
    "batch.released": _("{who} sent batch {batch} to {destination}; rows: {rows}, parts: {parts}."),
    "batch.scheduled": _(
        "{who} chose when batch {batch} is sent to {destination}: {send_at}; rows: {rows}, parts: {parts}."
    ),
    "batch.unscheduled": _("{who} gave up the chosen time of batch {batch}: it is not sent then."),
    "batch.schedule-void": _("Batch {batch} was not sent at the chosen time.[ {reason}]"),
    "batch.recovered": _(
        "Batch {batch} is as it was in an older copy that was brought back: it may have been sent since."
    ),
    "batch.stopped": _("{who} stopped what had not been sent of batch {batch}; parts: {parts}."),
    "batch.cancelled": _("{who} cancelled batch {batch}: nothing more of it is sent."),
    "batch.delivering": _("The delivery of batch {batch} goes on."),
    "batch.needs-attention": _("Batch {batch} needs attention."),
    "batch.complete": _("Batch {batch} is complete: Target reported every row as updated."),
    "batch.complete-with-failures": _("Batch {batch} is complete, with failures."),
    "batch.failed": _("Batch {batch} failed."),
    "batch.arrival-asked": _(
        "{who} had profiles of batch {batch} read back from Target, to see whether it arrived: {profiles}."
    ),
    "batch.arrival-checked": _(
        "Profiles of batch {batch} were read back from Target: {sampled}; with the values sent: {carrying}, "
        "changed since: {changed}, without them: {differing}, unknown to Target: {unknown}, "
        "without an answer: {unanswered}."
    ),
    "batch.restore-found": _(
        "{who} had the values looked for that were sent before batch {batch}: {cells} can be sent again; "
        "rows: {rows}."
    ),
    "batch.restore-made": _(
        "{who} made batch {made} of values that were sent before batch {batch}; rows: {rows}."
    ),
    "batch.report-downloaded": _("{who} downloaded the {report} of batch {batch}."),
    "batch.original-downloaded": _("{who} downloaded the uploaded file of batch {batch}."),
    "batch.person-notified": _("An e-mail told {person} how batch {batch} stands ({state})."),
    "batch.person-not-notified": _(
        "No e-mail could tell {person} how batch {batch} stands ({state})[: {error}]."
    ),
    "batch.list-exported": _("{who} exported the list of batches as {format}[, only what fits: {filters}]."),
    "batch.files-deleted": _(
        "The files of batch {batch} were deleted, {days} days after its end; files: {files}."
    ),
    "part.claimed": _("A worker took part {part} of batch {batch}."),
    "part.released": _("Part {part} of batch {batch} waits again: nothing had been sent.[ {reason}]"),
    "part.sending": _("The sending of part {part} of batch {batch} began."),
    "part.accepted": _("Target accepted part {part} of batch {batch}[ as its batch {target_batch}]."),
    "part.refused": _("Part {part} of batch {batch} was refused.[ {reason}]"),
    "part.waiting-to-retry": _("Part {part} of batch {batch} waits to be tried again.[ {reason}]"),
    "part.in-doubt": _("Part {part} of batch {batch} is in doubt.[ {reason}]"),
    "part.complete": _(
        "Target finished part {part} of batch {batch}[: {updated} of {batch_size} profiles updated]."
    ),
    "part.complete-with-failures": _(
        "Target finished part {part} of batch {batch} with failures[: {updated} of {batch_size} profiles "
        "updated][, {failed} failed][, {not_found} unknown]."
    ),
    "part.stuck": _("Target gave up on part {part} of batch {batch}[: {updated} profiles updated]."),
    "part.status-unknown": _("What became of part {part} of batch {batch} cannot be learnt.[ {reason}]"),
    "part.cancelled": _("Part {part} of batch {batch} was cancelled[ by {actor}] and not sent."),
    "part.not-applied": _("A late answer says that Target took nothing of part {part} of batch {batch}."),
    "part.late-answer": _(
        "Target's answer about part {part} of batch {batch} came after somebody had decided: {answer}."
    ),
    "part.read-back": _(
        "{who} had profiles of part {part} of batch {batch} read back from Target[: {profiles} of them]."
    ),
    "part.marked-arrived": _("{who} marked part {part} of batch {batch} as arrived: “{reason}”"),
    "part.marked-not-arrived": _("{who} marked part {part} of batch {batch} as not arrived: “{reason}”"),
    "part.resent": _(
        "{who} released the rows of part {resends} of batch {batch} again, as part {part}: {rows} rows."
    ),
    "part.closed-unknown": _("{who} closed part {part} of batch {batch} as unknown: “{reason}”"),
    "part.acknowledged": _("{who} took note of how part {part} of batch {batch} ended: “{reason}”"),
    "call.submit": _("Part {part} of batch {batch} was posted to Target: {outcome}[ (HTTP {http_status})]."),
    "call.status": _(
        "Target was asked about part {part} of batch {batch}: {outcome}[ (HTTP {http_status})]."
    ),
    "call.profile": _(
        "A profile of part {part} of batch {batch} was read back: {outcome}[ (HTTP {http_status})]."
    ),
    "account.paused": _("{who} paused the account of {destination}.[ {reason}]"),
    "account.resumed": _("{who} let the account of {destination} go on."),
    "attribute.described": _(
        "{who} said what the attribute {attribute} of {destination} is about[: {changes}]."
    ),
    "destination.added": _("{who} added the destination {destination}[: {changes}]."),
    "destination.changed": _("{who} changed the destination {destination}[: {changes}]."),
    "destination.removed": _("{who} removed the destination {destination}."),
    "destination.token-changed": _("{who} {kept} the token of {destination}."),
    "person.added": _("{who} added {person}[ as {site_role}][ by the command {command}]."),
    "person.changed": _("{who} changed {person}[: {changes}]."),
    "person.deactivated": _("{who} made {person} inactive."),
    "person.reactivated": _("{who} made {person} active again."),
    "person.second-factor-reset": _("{who} took the second factors of {person} away: {kinds}."),
    "person.password-changed": _("{who} changed the password of {person}[ by the command {command}]."),
    "person.password-reset": _("{who} set a new password by the link in an e-mail."),
    "person.signed-in": _("{who} signed in[ with {by}]."),
    "person.sign-in-failed": _("Somebody failed to sign in[ as {person}][: {reason}]."),
    "person.signed-out": _("{who} signed out."),
    "person.confirmed": _("{who} proved anew who they are[ with {by}]."),
    "person.email-changed": _("{who} confirmed another e-mail address[: {changes}]."),
    "person.second-factor-added": _("{who} added a second factor[: {kind}]."),
    "person.second-factor-removed": _("{who} removed a second factor[: {kind}]."),
    "person.sessions-ended": _("{who} ended sessions of {person}: {sessions}."),
    "visitor.looked-for": _("{who} had an identifier looked for in all kept files: {fingerprint}."),
    "visitor.looked-up": _(
        "{who} looked an identifier up in kept files: {fingerprint}; batches: {batches}, with it: {found}."
    ),
    "visitor.asked": _(
        "{who} asked Target what it has for an identifier that batch {batch} sent: {fingerprint}; {known}."
    ),
    "visitor.found": _("An identifier was looked for in all kept files: {fingerprint}; batches: {batches}."),
    "visitor.removal-asked": _(
        "{who} had an identifier removed from kept files: {fingerprint}; batches: {batches}."
    ),
    "visitor.removed": _(
        "An identifier was removed from the files of batch {batch}: {fingerprint}; rows: {rows}."
    ),
    "visitor.forgotten": _(
        "An identifier has been removed from kept files: {fingerprint}; batches: {batches}[; left: {left}]."
    ),
    "invitation.sent": _("{who} invited {email}[ as {site_role}][ as {role} at {destination}]."),
    "invitation.accepted": _("{who} accepted the invitation of {invited_by}."),
    "invitation.withdrawn": _("{who} withdrew the invitation of {email}."),
    "membership.added": _("{who} gave {person} the role {role} at {destination}."),
    "membership.removed": _("{who} took the role {role} at {destination} from {person}."),
    "site.token-key-changed": _(
        "{who} changed the key that tokens are encrypted with; encrypted anew: {tokens}[; lost: {lost}]."
    ),
    "site.recovered": _(
        "{who} had a copy held that was brought back[, made at {made_at}]; parts in doubt: {parts}, batches "
        "that may have been sent since: {batches}, sessions ended: {sessions}."
    ),
    "log.key-changed": _("{who} let the audit log go on with another key: {key} in place of {before}."),
    "log.exported": _("{who} exported the audit log as {format}[, only what fits: {filters}]."),
    "log.head-exported": _("{who} took a copy of the end of the audit log."),
    "log.head-compared": _("{who} compared a copy of the end of the audit log, from event {head}: {found}."),
    "log.verified": _("{who} had the audit log verified up to event {until}: {found}."),
}

_DIFFERS = re.compile(r"\[[^\[\]]*\]|\{\w+\}")


def outline_of(action: str) -> str:
    """The action's sentence with an ellipsis for whatever differs from event to event."""
    return _DIFFERS.sub(lambda found: "…" if found[0].startswith("{") else "", str(ACTIONS[action]))
