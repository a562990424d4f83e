"""The ways to bring attributes of visitors into Target, side by side.

From Adobe's pages on methods to get data into Target, and F2, F6, F7, F10, T11, T12.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Comparison:
    """One question, answered for each way: this API, Customer Attributes, the page itself, single updates."""

    question: Promise
    bulk: Promise
    attributes: Promise
    page: Promise
    single: Promise


WAYS = [
    Comparison(
        _("Which ids does it take?"),
        _("Your own id (thirdPartyId) or Target's (pcId); no ECID"),  # F2
        _("Your own id, tied to the ECID by a source id such as a CRM or loyalty number"),  # F2
        _("None is needed: the visitor is there"),
        _("Your own id (mbox3rdPartyId) or Target's (mboxPC)"),
    ),
    Comparison(
        _("Does it add visitors that Target has not seen?"),
        _("Version 2 does, version 1 does not"),  # F10
        _("Yes"),
        _("Yes, by the visit itself"),
        _("No"),
    ),
    Comparison(
        _("How much at once?"),
        _("Up to 500,000 rows a call, any number of calls"),  # F6
        _("Whole files"),
        _("One visitor"),
        _("One visitor a call, up to a million calls a day"),
    ),
    Comparison(
        _("When does it show?"),
        _("Mostly within an hour, at most 24 hours"),  # T12
        _("Once Adobe has worked through the file"),
        _("At once"),
        _("Mostly within an hour, at most 24 hours"),
    ),
    Comparison(
        _("Can Adobe Analytics use it?"),
        _("No"),
        _("Yes"),
        _("No"),
        _("No"),
    ),
    Comparison(
        _("How is it sent?"),
        _("By HTTP: Bulkprofile does it"),
        _("By FTP, or uploaded in Experience Cloud"),
        _("By the code of your pages"),
        _("By HTTP: a developer's program"),
    ),
]
