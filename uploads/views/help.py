"""Help: what Target does with a file, what proves that it arrived, every problem, and the right tool."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from uploads import pages


@require_GET
def help_index(request):
    """Where help is found."""
    return render(request, "help/index.html")


@require_GET
def help_target(request):
    """What Target does with a file, in our words."""
    return render(request, "help/target.html")


@require_GET
def help_problems(request):
    """Every problem code with an example; each has an anchor of its own name."""
    return render(request, "help/problems.html", {"groups": pages.problem_guide()})


@require_GET
def help_proof(request):
    """What profiles that were read back prove, and what not."""
    return render(request, "help/proof.html")


@require_GET
def help_tool(request):
    """The Bulk Profile Update API beside the other ways into Target."""
    return render(request, "help/tool.html", {"lines": pages.WAYS})
