"""The home page, and looking a visitor up."""

from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.home_forms import LookUpForm


@require_GET
def home(request):
    """What waits for the person, what happened lately, and whether everything runs."""
    context = {
        "view": pages.home_page(request.user),
        "chart": pages.home_chart(request.user),
        "look_up_form": LookUpForm() if access.is_member(request.user) else None,
    }
    return render(request, "home/home.html", context)


@require_GET
def home_live(request):
    """The part of the home page that keeps itself up to date."""
    return render(request, "home/_live.html", {"view": pages.home_page(request.user)})


@sensitive_post_parameters("identifier")
@require_POST
def ask_target(request, pk):
    """What Target has now for an identifier that a batch sent there."""
    batch = access.get_batch_for(request.user, pk, Action.SEE_VALUES)
    form, view = LookUpForm(request.POST), None
    if form.is_valid():
        batches = access.batches_for(request.user, Action.SEE_VALUES)
        asked = workflow.ask_target(request.user, batch, form.cleaned_data["identifier"], batches)
        view = pages.asked_page(batch, asked)
    return render(request, "home/at_target.html", {"form": form, "batch": batch, "view": view})


@sensitive_post_parameters("identifier")
@require_POST
@access.members_only
def look_up(request):
    """In which batches an identifier is, of those whose values the person may see."""
    form, look = LookUpForm(request.POST), None
    if form.is_valid():
        wanted = form.cleaned_data
        batches = access.batches_for(request.user, Action.SEE_VALUES)
        look = workflow.look_up(request.user, wanted["identifier"], batches, wanted["before"])
    return render(request, "home/look_up.html", {"form": form, "look": look})
