"""Figures for Prometheus, for whoever shows the token."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from uploads import pages


@login_not_required
@require_GET
def scrape(request):
    """All metrics; 404 where no token is set, or another one is shown."""
    shown = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse(pages.metrics(), content_type=CONTENT_TYPE_LATEST)
