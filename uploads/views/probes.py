"""What machines ask: whether the process lives, and whether the installation can do its work.

`middleware.answer_probes` lets them in before a host, a session or a person is looked at. So their answers
depend on nothing in the request, and tell no more than whether each thing is well.
"""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from uploads import pages


@require_safe
def alive(request):
    """This process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request):
    """Each check with its state; 503 where one fails."""
    found = pages.readiness()
    return JsonResponse(found.as_json(), status=200 if found.ok else 503)
