"""Nothing starts on a copy that was brought back before somebody has had it held."""

from django.core.management.base import CommandError

from uploads import workflow


def require_held() -> None:
    """Raises CommandError where the state folder is a copy of which nobody knows what went since."""
    if made_at := workflow.copied_at():
        raise CommandError(
            f"Everything here was brought back from a copy of {made_at}. What was sent since then could be "
            "sent twice. Run `manage.py hold_recovered` first: it has people decide about what may have gone."
        )
