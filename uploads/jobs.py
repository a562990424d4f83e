"""What RQ runs: an id in, one verb of the workflow called. Nothing depends on a job running once."""

from uploads import pages, workflow


def check_batch(batch_id: int) -> None:
    """Check a batch's file."""
    workflow.check(batch_id)


def compare_batch(batch_id: int) -> None:
    """Compare a batch with those released before it, and make its parts as it was chosen then."""
    workflow.compare(batch_id)


def deliver_part(part_id: int) -> None:
    """Send a part to Target."""
    workflow.deliver(part_id)


def find_earlier_values(batch_id: int) -> None:
    """Look for the values that were sent before a batch."""
    workflow.find_earlier_values(batch_id)


def forget_person(forgetting_id: int) -> None:
    """Go on looking for an identifier, or taking it out of files."""
    workflow.go_on_forgetting(forgetting_id)


def follow_part(part_id: int) -> None:
    """Ask Target how far it is with a part."""
    workflow.follow(part_id)


def locate_refused(part_id: int) -> None:
    """Find the rows of a part that Target lists as failed."""
    workflow.locate(part_id)


def notify_person(notification_id: int) -> None:
    """Tell somebody by e-mail how a batch stands."""
    workflow.notify(notification_id, pages.notification_of)


def prove_arrival(check_id: int) -> None:
    """Look up profiles of a batch that has ended."""
    workflow.prove(check_id)


def read_back_part(part_id: int) -> None:
    """Look up a few of a part's profiles."""
    workflow.read_back(part_id)


def verify_log(verification_id: int) -> None:
    """Walk on along the audit log's chain."""
    workflow.go_on_verifying(verification_id)
