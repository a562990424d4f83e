"""The attribute dictionary of a destination."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from uploads import access, pages, workflow
from uploads.attribute_forms import AttributeFilterForm, AttributeForm


@require_GET
def dictionary(request, pk: int):
    """Every attribute name ever sent to the destination."""
    destination = access.get_destination_for(request.user, pk)
    form = AttributeFilterForm(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    query = request.GET.copy()
    for name in set(query) - {name for name in form.fields if query.get(name)}:
        del query[name]
    context = {
        "destination": destination,
        "form": form,
        "query": query.urlencode(),
        "dictionary": pages.dictionary_page(destination, filters, request.GET.get("page", 1)),
        "may_describe": access.is_member_of(request.user, pk),
    }
    return render(request, "attributes/list.html", context)


@require_http_methods(["GET", "POST"])
def attribute(request, pk: int, attribute: int):
    """What one attribute is about: its owner, an example and a note."""
    shown = access.get_attribute_for(request.user, pk, attribute)
    form = AttributeForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        workflow.describe_attribute(request.user, shown)
        messages.success(request, _("Saved."))
        return redirect("attributes", pk)
    return render(request, "attributes/attribute.html", {"attribute": shown, "form": form})
