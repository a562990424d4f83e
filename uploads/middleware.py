"""What every answer gets."""


def keep_pages_private(get_response):
    """Pages of signed-in people are kept by no cache: not after sign-out, and no fragment for a page."""

    def middleware(request):
        response = get_response(request)
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware
