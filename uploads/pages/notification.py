"""What an e-mail says about a batch: the words of its page."""

from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from uploads import languages
from uploads.models import Batch, User

from .headline import headline_of


def notification_of(person: User, batch: Batch) -> tuple[str, str]:
    """Subject and text, in their language, of the e-mail that tells this person how the batch stands."""
    with languages.speaking_to(person):
        return _composed(person, batch)


def _composed(person: User, batch: Batch) -> tuple[str, str]:
    headline, hint = headline_of(batch, list(batch.parts.order_by("number")), "")
    subject = _("%(headline)s (batch %(number)s, %(destination)s)") % {
        "headline": headline,
        "number": batch.pk,
        "destination": batch.destination.name,
    }
    context = {
        "person": person,
        "batch": batch,
        "headline": headline,
        "hint": hint,
        "link": urljoin(settings.SITE_URL, reverse("batch", args=[batch.pk])),
        "choices": urljoin(settings.SITE_URL, reverse("notifications")),
    }
    # A file's name is free text, and a line break in a subject would be another header.
    return " ".join(subject.split()), render_to_string("batches/notification_mail.txt", context)
