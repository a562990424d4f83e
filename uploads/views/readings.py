"""How a batch's file is to be read: shown, tried out, confirmed."""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from uploads import access, batchfile, pages, workflow
from uploads.access import Action
from uploads.models import AttributeName, Batch, User
from uploads.reading_forms import DialectForm, ReadingForm

TOO_LATE_TO_READ = gettext_lazy("This batch can no longer be read differently.")
FILE_MISSING = gettext_lazy(
    "The uploaded file is missing on the server. Cancel this batch, upload the file again, "
    "and tell your admin."
)


@require_http_methods(["GET", "POST"])
def confirm_reading(request, pk):
    """How the file is to be read: shown for what the address or the form says, confirmed by a POST.

    A POST with `show` only tries the choices out; one with `take` fills in a name that was proposed.
    """
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    if not batch.may_be_read_anew:
        messages.info(request, TOO_LATE_TO_READ)
        return redirect("batch", pk)
    sent = _with_taken_name(request.POST) if request.method == "POST" else request.GET
    context = reading_context(request.user, batch, sent)
    if context is None:
        messages.error(request, FILE_MISSING)
        return redirect("batch", pk)
    form = context["reading_form"]
    tried_out = "show" in sent or "take" in sent
    if request.method == "POST" and not tried_out and form.is_valid():
        if not workflow.confirm_reading(request.user, batch, form.reading()):
            messages.info(request, TOO_LATE_TO_READ)
        return redirect("batch", pk)
    template = "batches/_reading.html" if request.htmx else "batches/reading.html"
    return render(request, template, {"batch": batch, "tried_out": tried_out, **context})


@require_POST
def adjust_reading(request, pk):
    """One click: trim spaces, or treat the words for nothing as blank, and check again."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    changes = pages.adjustment(batch, request.POST.get("choice", ""))
    if not changes or not workflow.adjust_reading(request.user, batch, **changes):
        messages.info(request, TOO_LATE_TO_READ)
    return redirect("batch", pk)


def reading_context(user: User, batch: Batch, sent: QueryDict) -> dict | None:
    """The forms about the reading and the first rows as they will be understood; None without the file.

    `sent` is what a person sent, or nothing: then the batch's own reading is shown; with `afresh`, that
    which the file itself proposes.
    """
    afresh = "afresh" in sent
    own = batchfile.Reading.from_json(batch.reading) if batch.reading and not afresh else None
    try:
        detection = workflow.detection_of(batch, **(workflow.dialect_of(own) if own else {}))
        asked = sent if {"encoding", "delimiter", "sheet"} & set(sent) else None
        dialect = DialectForm(asked, proposal=detection.reading, sheets=detection.sheets)
        if dialect.is_valid():
            detection = workflow.detection_of(batch, **dialect.cleaned_data)
    except FileNotFoundError:
        return None
    form = ReadingForm(
        sent if "key" in sent else None,
        detection=detection,
        reading=workflow.fitted(own, detection),
        used_names=AttributeName.objects.names_at(batch.destination),
    )
    return {
        "dialect_form": dialect,
        "reading_form": form,
        "sample": pages.reading_sample(detection, form.chosen()),
        "remembered": None if afresh else pages.remembered(user, batch),
        "same_file": pages.same_file(user, batch),
        "afresh": afresh,
    }


def _with_taken_name(sent: QueryDict) -> QueryDict:
    """What was sent, with the name in its field that a press on "Use …" takes: `take` holds both."""
    field, _space, name = sent.get("take", "").partition(" ")
    if field.startswith("sent_as_"):
        sent = sent.copy()
        sent[field] = name
    return sent
