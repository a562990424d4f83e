"""Who may do what: the one place that decides.

What a person may not see does not exist for them (404). Roles are held per destination; auditor and
admin are site-wide and see counts, never values of rows.
"""

import time
from enum import StrEnum
from functools import wraps
from typing import NamedTuple
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from uploads.models import AttributeName, Batch, BatchState, DayRows, Destination, Membership, Upload, User
from uploads.models.people import Role, SiteRole


class Action(StrEnum):
    """What a role may do: with a batch, but for the last two, which are about the site."""

    SEE = "see a batch, its history, counts and problems by cause"
    SEE_VALUES = "see values of rows"
    DOWNLOAD = "download the original, reports and refused rows"
    UPLOAD = "upload"
    CONFIRM_READING = "say how the file is read, fix single rows, and choose about overlaps"
    SEND = "send without approval (where the destination allows)"
    ASK_APPROVAL = "ask for approval"
    SEND_REST = "send the rest of a batch after its first rows"
    APPROVE = "approve, return, reject"
    CANCEL = "cancel"
    RESTORE = "look for what was sent before a batch, and make a batch of that"
    RESOLVE = "resolve a part in doubt"
    MANAGE = "manage people, destinations, tokens, pauses"
    READ_AUDIT = "read, export and verify the audit log"


OWN, OTHERS, ANY, NEVER = "own", "others", "any", "never"

#: For each action, whose batches it reaches, by role: one's own, those of others, any of the destination's
#: (or site's), none. docs/rights.md is drawn from it (`make docs`).
MATRIX = {
    #                       uploader reviewer auditor admin
    Action.SEE:             (OWN,    ANY,     ANY,    ANY),
    Action.SEE_VALUES:      (OWN,    ANY,     NEVER,  NEVER),
    Action.DOWNLOAD:        (OWN,    ANY,     NEVER,  NEVER),
    Action.UPLOAD:          (OWN,    OWN,     NEVER,  NEVER),
    Action.CONFIRM_READING: (OWN,    OWN,     NEVER,  NEVER),
    Action.SEND:            (OWN,    OWN,     NEVER,  NEVER),
    Action.ASK_APPROVAL:    (OWN,    OWN,     NEVER,  NEVER),
    Action.SEND_REST:       (OWN,    ANY,     NEVER,  NEVER),
    Action.APPROVE:         (NEVER,  OTHERS,  NEVER,  NEVER),
    Action.CANCEL:          (OWN,    ANY,     NEVER,  NEVER),
    Action.RESTORE:         (OWN,    ANY,     NEVER,  NEVER),
    Action.RESOLVE:         (NEVER,  OTHERS,  NEVER,  NEVER),
    Action.MANAGE:          (NEVER,  NEVER,   NEVER,  ANY),
    Action.READ_AUDIT:      (NEVER,  NEVER,   ANY,    ANY),
}  # fmt: skip


def is_admin(user: User) -> bool:
    """Whether the person manages people and destinations."""
    return _reaches_all(user, Action.MANAGE)


def may_read_audit(user: User) -> bool:
    """Whether the person may read the audit log."""
    return _reaches_all(user, Action.READ_AUDIT)


def _reaches_all(user: User, action: Action) -> bool:
    """Whether the person's site-wide role lets them do this everywhere."""
    if not user.is_authenticated or not user.is_active:
        return False
    _uploader, _reviewer, auditor, admin = MATRIX[action]
    return {SiteRole.AUDITOR: auditor, SiteRole.ADMIN: admin}.get(user.site_role) == ANY


def lacks_second_factor(request) -> bool:
    """Whether a role of theirs needs a second factor (settings.SECOND_FACTOR_ROLES) that they do not have.

    In a session begun by single sign-on the provider's may count for it (settings.OIDC_TRUST_SECOND_FACTOR).
    """
    user, needing = request.user, set(settings.SECOND_FACTOR_ROLES) - {"none"}
    if not needing or not user.is_authenticated:
        return False
    held = {user.site_role, *(role.name for role in _held(user))}
    if not held & needing or is_mfa_enabled(user):
        return False
    return not (settings.OIDC_TRUST_SECOND_FACTOR and _came_by_provider(request))


def _came_by_provider(request) -> bool:
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "socialaccount" for record in records)


class Held(NamedTuple):
    """A role at a destination. place: the destination's number; is_open: whether it is active."""

    name: str
    place: int
    is_open: bool


def ask_once(user: User) -> None:
    """Have this person's roles asked for now and, for as long as this object lives, never again.

    For requests that only read: all that such a page shows is then judged by the roles of one moment.
    """
    user.roles_at_hand = _ask(user)


def _held(user: User) -> list[Held]:
    """The person's roles at destinations."""
    return _ask(user) if user.roles_at_hand is None else user.roles_at_hand


def _ask(user: User) -> list[Held]:
    columns = user.memberships.order_by().values_list("role", "destination", "destination__active")
    return [Held(*row) for row in columns]


def batches_for(user: User, action: Action = Action.SEE) -> QuerySet[Batch]:
    """The batches that the person may do this with."""
    return Batch.objects.filter(_reached(user, action))


def _reached(user: User, action: Action, held: list[Held] | None = None) -> Q:
    """Which batches those are; the destinations by number, so that databases can choose their way."""
    if _reaches_all(user, action):
        return Q()
    whose = {ANY: Q(), OWN: Q(owner=user.pk), OTHERS: ~Q(owner=user.pk)}
    reached = Q(pk__in=[])
    for reach, places in _reaches(user, action, held):
        reached |= Q(destination__in=places) & whose[reach]
    return reached


def _reaches(user: User, action: Action, held: list[Held] | None = None) -> list[tuple[str, list[int]]]:
    """By the person's roles at destinations: whose batches the action reaches, and at which ones."""
    if not user.is_authenticated or not user.is_active:
        return []
    uploader, reviewer, _auditor, _admin = MATRIX[action]
    held = _held(user) if held is None else held
    reaches = [
        (reach, [role.place for role in held if role.name == name])
        for name, reach in ((Role.UPLOADER, uploader), (Role.REVIEWER, reviewer))
    ]
    return [(reach, places) for reach, places in reaches if places and reach != NEVER]


def get_batch_for(user: User, pk: int, action: Action) -> Batch:
    """The batch, if the person may do this with it; else Http404."""
    batch = batches_for(user, action).with_people().filter(pk=pk).first()
    if batch is None:
        raise Http404
    return batch


def may(user: User, batch: Batch, action: Action) -> bool:
    """Whether the person may do this with the batch."""
    if _reaches_all(user, action):
        return True
    is_own = batch.owner_id == user.pk
    whose = {ANY: True, OWN: is_own, OTHERS: not is_own}
    return any(whose[reach] and batch.destination_id in at for reach, at in _reaches(user, action))


def is_reviewer(user: User) -> bool:
    """Whether the person reviews batches of some destination."""
    return any(role.name == Role.REVIEWER for role in _held(user))


def batches_waiting_for(user: User) -> QuerySet[Batch]:
    """The batches that go no further before a person decides, and about which this person may."""
    return Batch.objects.filter(_waits_for(user))


def needing(user: User) -> Q:
    """Which batches wait until this person decides, says how to read them, or sends them."""
    untouched = Q(state__in=[BatchState.READY, BatchState.RECEIVED])
    return _waits_for(user) | _reached(user, Action.SEND) & untouched


def _waits_for(user: User) -> Q:
    held = _held(user)
    stopped = Q(state=BatchState.NEEDS_ATTENTION)
    doubtful = _reached(user, Action.RESOLVE, held) & stopped & Q(canary__waits_since=None)
    half_sent = _reached(user, Action.SEND_REST, held) & stopped & Q(canary__waits_since__isnull=False)
    asked = _reached(user, Action.APPROVE, held) & Q(state=BatchState.AWAITING_APPROVAL)
    return doubtful | half_sent | asked


def day_rows_for(user: User) -> QuerySet[DayRows]:
    """What was sent and refused by day, of the batches that the person may see."""
    return DayRows.objects.filter(_reached(user, Action.SEE))


def destinations_for(user: User) -> QuerySet[Destination]:
    """The destinations at which the person has a role; all of them for those who see every batch."""
    if _reaches_all(user, Action.SEE):
        return Destination.objects.all()
    return Destination.objects.filter(pk__in={role.place for role in _held(user)})


def get_destination_for(user: User, pk: int) -> Destination:
    """The destination, if the person may know what is sent there; else Http404."""
    return _found(destinations_for(user).filter(pk=pk).first())


def get_attribute_for(user: User, destination: int, pk: int) -> AttributeName:
    """An attribute of a destination at which the person has a role, and may say what it is; else Http404."""
    told = AttributeName.objects.select_related("destination")
    if not is_member_of(user, destination):
        raise Http404
    return _found(told.filter(destination=destination, pk=pk).first())


def is_member_of(user: User, destination: int) -> bool:
    """Whether the person has a role at this destination, by its number."""
    return any(role.place == destination for role in _held(user))


def _found(thing):
    if thing is None:
        raise Http404
    return thing


def deciders_of(batch: Batch) -> QuerySet[User]:
    """Who may approve the batch (`Action.APPROVE`) and resolve its doubts (`Action.RESOLVE`)."""
    reviewers = Membership.objects.filter(destination=batch.destination_id, role=Role.REVIEWER)
    people = User.objects.filter(is_active=True, pk__in=reviewers.values("person"))
    return people.exclude(pk=batch.owner_id).order_by("username")


def destinations_to_upload_to(user: User) -> QuerySet[Destination]:
    """The active destinations that the person may start a batch for."""
    return Destination.objects.filter(active=True, pk__in=_places_to_upload_to(user))


def _places_to_upload_to(user: User) -> set[int]:
    return {place for _reach, places in _reaches(user, Action.UPLOAD) for place in places}


def get_upload_for(user: User, pk) -> Upload:
    """The person's own upload, to a destination that is still theirs; else Http404."""
    upload = Upload.objects.filter(pk=pk, owner=user, destination__in=destinations_to_upload_to(user)).first()
    if upload is None:
        raise Http404
    return upload


def uploaders_only(view):
    """A view that does not exist for those who may upload nowhere."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not _places_to_upload_to(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def members_only(view):
    """A view that does not exist for those without a role at a destination: they see no values."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not is_member(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def is_member(user: User) -> bool:
    """Whether the person has a role at some destination."""
    return bool(_held(user))


def audit_readers_only(view):
    """A view that does not exist for those who may not read the audit log."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not may_read_audit(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def admins_only(view):
    """A view that does not exist for those who are no admins."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not is_admin(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def confirmed_admins_only(page: str, *, of_one: bool = True):
    """A view for admins who have proven of late who they are; signing in alone is no such proof.

    Others are asked to, then come back: to where they were, or, where they wanted to change something,
    to `page`, the name of an address (with the same `pk`, if the view has one and the page is `of_one`). Then
    nothing is changed, for what they entered, perhaps a token, is kept nowhere meanwhile.
    """

    def decorate(view):
        @admins_only
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if has_confirmed(request):
                return view(request, *args, **kwargs)
            if request.method == "GET":
                return _ask_to_confirm(request, request.get_full_path())
            messages.warning(request, _("Nothing was changed yet: confirm that it is you, then do it again."))
            here = {"pk": kwargs["pk"]} if of_one and "pk" in kwargs else {}
            return _ask_to_confirm(request, reverse(page, kwargs=here))

        return guarded

    return decorate


def has_confirmed(request) -> bool:
    """Whether somebody proved anew who they are, within settings.ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    records = get_authentication_records(request, request.user)
    last = max((record["at"] for record in records if record.get("reauthenticated")), default=0)
    return time.time() - last < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def _ask_to_confirm(request, back: str):
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        messages.warning(
            request, _("Set up a second factor or a password first: you have nothing to confirm with.")
        )
        return redirect("mfa_index")
    return redirect(f"{ways[0]['url']}?{urlencode({'next': back})}")


def rights_in_templates(request) -> dict:
    """What menus show: `rights.upload`, `rights.audit`, `rights.admin`."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"rights": {}}
    held = [role for role in _held(user) if role.is_open]
    return {
        "rights": {
            "upload": bool(_reaches(user, Action.UPLOAD, held)),
            "audit": may_read_audit(user),
            "admin": is_admin(user),
        }
    }
