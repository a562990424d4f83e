"""A new batch: slices from a browser with JavaScript, one plain POST from one without."""

import re
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, batchfile, pages, workflow
from uploads.forms import NewBatchForm, UploadForm
from uploads.models import Batch, Upload, User
from uploads.numerals import size_in_words

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
    """Choose a destination and files; each file becomes a batch."""
    form = NewBatchForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        initial={"destination": _destination_of(request.user, request.GET.get("like", ""))},
    )
    if request.method == "POST" and form.is_valid():
        batches = _received(request.user, form)
        refused = not form.is_valid()
        if len(batches) > 1 or (batches and refused):
            text = ngettext(
                "%(count)s file is uploaded. It is being checked.",
                "%(count)s files are uploaded. Each is a batch and is being checked.",
                len(batches),
            )
            messages.success(request, text % {"count": len(batches)})
        if not refused:
            return redirect("batch", batches[0].pk) if len(batches) == 1 else redirect("batches")
    context = {
        "form": form,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "max_columns": batchfile.COLUMN_LIMIT,
        "request_bytes": settings.MAX_REQUEST_BYTES,
        "slice_bytes": settings.UPLOAD_SLICE_BYTES,
        "examples": pages.examples_for(form.fields["destination"].queryset),
        "separators": pages.separators(),
    }
    return render(request, "batches/new.html", context)


def _received(user: User, form: NewBatchForm) -> list[Batch]:
    """The batches that became of the chosen files; of one that was refused the form says why."""
    batches = []
    for file in form.cleaned_data["file"]:
        try:
            batch = workflow.receive_whole(user, form.cleaned_data["destination"], file.name, file.size, file)
        except workflow.UploadRefused as refusal:
            form.add_error(None, f"{workflow.clean_filename(file.name)}: {_refusal(refusal)}")
        else:
            batches.append(batch)
    return batches


@require_GET
@access.uploaders_only
def example_file(request):
    """A file that works, with made-up visitors; the query names its `key` and its `separator`."""
    key, separator = request.GET.get("key", "thirdPartyId"), request.GET.get("separator", "comma")
    try:
        content = pages.example_file(key, separator)
    except KeyError:
        raise Http404 from None
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="example-{key}.csv"'
    return answer


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
    """The file is whole: answers where its batch is, and whether it was uploaded before."""
    upload: Upload = access.get_upload_for(request.user, pk)
    try:
        batch = workflow.finish_upload(upload)
    except workflow.WrongOffset as wrong:
        return JsonResponse({"offset": wrong.expected}, status=HTTPStatus.CONFLICT)
    except workflow.UploadGone:
        raise Http404 from None
    same = pages.same_file(request.user, batch)
    return JsonResponse(
        {
            "batch": reverse("batch", args=[batch.pk]),
            "number": batch.pk,
            "same": same.sentence if same else "",
        }
    )


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
