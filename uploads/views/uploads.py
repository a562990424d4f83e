"""A new batch: slices from a browser with JavaScript, one plain POST from one without."""

import re
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from uploads import access, workflow
from uploads.forms import NewBatchForm, UploadForm
from uploads.models import Upload, User
from uploads.templatetags.figures import size_in_words

REFUSALS = {
    "empty": _("This file is empty. Choose the file that your CRM or data team exported."),
    "too-big": _("This file is too big: the limit is %(limit)s. Split it into several files."),
    "too-many-begun": _(
        "Too many of your uploads are not finished: at most %(files)s files with %(bytes)s together may be. "
        "Finish one of them by choosing its file again, or come back later: one that has not moved for an "
        "hour makes way."
    ),
    "disk-full": _(
        "The server has no room left for this file. Nothing was lost; ask your admin to free disk space."
    ),
    "past-the-end": _("The file changed while it was being uploaded. Choose it again."),
}


@require_http_methods(["GET", "POST"])
@access.uploaders_only
def new_batch(request):
    """Choose a destination and a file."""
    form = NewBatchForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        initial={"destination": _destination_of(request.user, request.GET.get("like", ""))},
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = workflow.receive_whole(
                request.user, form.cleaned_data["destination"], file.name, file.size, file
            )
        except workflow.UploadRefused as refusal:
            form.add_error("file", _refusal(refusal))
        else:
            return redirect("batch", batch.pk)
    context = {
        "form": form,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "slice_bytes": settings.UPLOAD_SLICE_BYTES,
    }
    return render(request, "batches/new.html", context)


@require_POST
@access.uploaders_only
def begin_upload(request):
    """Announce a file; answers where its slices go and from which byte."""
    form = UploadForm(request.POST, user=request.user)
    if not form.is_valid():
        return _error(_("Choose a destination and a file."))
    wanted = form.cleaned_data
    try:
        upload = workflow.begin_upload(
            request.user, wanted["destination"], wanted["filename"], wanted["size"]
        )
    except workflow.UploadRefused as refusal:
        return _error(_refusal(refusal), status=_status_of(refusal))
    return JsonResponse({"upload": reverse("upload", args=[upload.pk]), "offset": upload.received})


@require_http_methods(["GET", "PATCH"])
def upload_slice(request, pk):
    """GET says how many bytes have arrived; PATCH appends at the offset in the header Upload-Offset."""
    upload = access.get_upload_for(request.user, pk)
    if request.method == "GET":
        return JsonResponse({"offset": upload.received})
    offset = request.headers.get("Upload-Offset", "")
    if not re.fullmatch(r"[0-9]{1,18}", offset):
        return _error(
            _("The browser sent a slice without its place. Reload the page and choose the file again.")
        )
    length = request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > settings.UPLOAD_SLICE_BYTES:
        return _error(_("The slice is too large."), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        received = workflow.append_slice(upload, int(offset), request.body)
    except workflow.WrongOffset as wrong:
        return JsonResponse({"offset": wrong.expected}, status=HTTPStatus.CONFLICT)
    except workflow.UploadGone:
        raise Http404 from None
    except workflow.UploadRefused as refusal:
        return _error(_refusal(refusal), status=_status_of(refusal))
    return JsonResponse({"offset": received})


@require_POST
def finish_upload(request, pk):
    """The file is whole: answers where its batch is."""
    upload: Upload = access.get_upload_for(request.user, pk)
    try:
        batch = workflow.finish_upload(upload)
    except workflow.WrongOffset as wrong:
        return JsonResponse({"offset": wrong.expected}, status=HTTPStatus.CONFLICT)
    except workflow.UploadGone:
        raise Http404 from None
    return JsonResponse({"batch": reverse("batch", args=[batch.pk])})


def _destination_of(user: User, number: str) -> int | None:
    """Where the batch went that somebody wants another one like; None where they may not see it."""
    if not re.fullmatch(r"[0-9]{1,18}", number):
        return None
    return access.batches_for(user).filter(pk=number).values_list("destination", flat=True).first()


def _refusal(refusal: workflow.UploadRefused) -> str:
    return str(REFUSALS[refusal.reason]) % {
        "limit": size_in_words(settings.MAX_UPLOAD_BYTES),
        "files": settings.MAX_BEGUN_UPLOADS,
        "bytes": size_in_words(settings.MAX_BEGUN_BYTES),
    }


def _status_of(refusal: workflow.UploadRefused) -> HTTPStatus:
    return {
        "too-big": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-many-begun": HTTPStatus.TOO_MANY_REQUESTS,
        "disk-full": HTTPStatus.INSUFFICIENT_STORAGE,
    }.get(refusal.reason, HTTPStatus.BAD_REQUEST)


def _error(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> JsonResponse:
    return JsonResponse({"error": str(message)}, status=status)
