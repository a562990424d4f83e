"""A site with one address, whose page breaks."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

#: What its exception speaks of, which nobody outside may read.
SECRET = "what-only-the-log-may-say"


@login_not_required
def broken(_request):
    """Raise what nobody catches."""
    raise RuntimeError(SECRET)


urlpatterns = [path("broken/", broken)]
