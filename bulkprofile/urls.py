"""Where the product is mounted."""

from django.urls import include, path

urlpatterns = [
    path("", include("uploads.urls")),
]
