"""Single sign-on against a provider that speaks OpenID Connect over real HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse

from uploads.models import User

from ..conftest import PASSWORD

pytestmark = pytest.mark.django_db

ADDRESS = "uploader@example.com"


@pytest.fixture
def provider(httpserver, settings):
    """A provider, as the settings would name it; call it to say who signs in there."""
    issuer = httpserver.url_for("").rstrip("/")
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "company",
                    "name": "Example Ltd.",
                    "client_id": "bulkprofile",
                    "secret": "shared",
                    "settings": {"server_url": issuer},
                }
            ],
        }
    }
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
        }
    )
    httpserver.expect_request("/token", method="POST").respond_with_json(
        {"access_token": "opaque", "token_type": "Bearer"}
    )

    def knows(**claims):
        httpserver.expect_request("/userinfo").respond_with_json({"sub": "42", **claims})

    return knows


def come_back(client):
    """Goes to the provider and comes back as a browser does; returns the last answer."""
    away = client.get(reverse("openid_connect_login", args=["company"]))
    query = parse_qs(urlsplit(away.url).query)
    assert query["code_challenge_method"] == ["S256"]
    return client.get(
        reverse("openid_connect_callback", args=["company"]), {"code": "once", "state": query["state"][0]}
    )


def test_it_is_off_until_a_provider_is_named(client):
    assert b"Sign in with" not in client.get(reverse("sign-in")).content.replace(
        b"Sign in with a passkey", b""
    )
    assert client.get(reverse("openid_connect_login", args=["company"])).status_code == 404


def test_somebody_who_is_here_already_is_signed_in(client, uploader, provider):
    uploader.email = ADDRESS
    uploader.save()
    uploader.vouch_for_email()
    provider(email=ADDRESS, email_verified=True)
    assert b"Sign in with Example Ltd." in client.get(reverse("sign-in")).content
    assert come_back(client).url == reverse("home")
    assert client.get(reverse("batches")).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"email": "stranger@example.com", "email_verified": True}, id="nobody here has it"),
        pytest.param({"email": ADDRESS, "email_verified": False}, id="the provider has not verified it"),
    ],
)
def test_nobody_else_is_let_in_or_made_an_account(client, uploader, provider, claims):
    uploader.email = ADDRESS
    uploader.save()
    provider(**claims)
    assert b"no account here" in come_back(client).content
    assert client.get(reverse("batches")).status_code == 302
    assert User.objects.count() == 1


@pytest.fixture
def needs_second_factor(uploader, settings):
    """The uploader, whom the provider knows, and whose role needs a second factor."""
    settings.SECOND_FACTOR_ROLES = ["uploader"]
    uploader.email = ADDRESS
    uploader.save()
    uploader.vouch_for_email()
    return uploader


@pytest.mark.parametrize("is_trusted", [False, True])
def test_the_providers_second_factor_counts_where_the_settings_say_so(
    client, needs_second_factor, provider, settings, is_trusted
):
    settings.OIDC_TRUST_SECOND_FACTOR = is_trusted
    provider(email=ADDRESS, email_verified=True)
    come_back(client)
    answer = client.get(reverse("batches"))
    assert (answer.status_code, answer.get("Location")) == (
        (200, None) if is_trusted else (302, reverse("mfa_index"))
    )


def test_it_does_not_count_for_somebody_who_signed_in_here(client, needs_second_factor, provider, settings):
    settings.OIDC_TRUST_SECOND_FACTOR = True
    provider(email=ADDRESS, email_verified=True)
    come_back(client)
    client.post(reverse("sign-out"))
    client.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    assert client.get(reverse("batches")).url == reverse("mfa_index")


def test_a_second_factor_that_was_set_up_here_is_asked_for_either_way(
    client, needs_second_factor, provider, settings
):
    settings.OIDC_TRUST_SECOND_FACTOR = True
    TOTP.activate(needs_second_factor, "SECRET")
    provider(email=ADDRESS, email_verified=True)
    assert come_back(client).url == reverse("mfa_authenticate")


def test_a_provider_that_does_not_answer_is_said(client, provider, httpserver):
    httpserver.clear()
    answer = client.get(reverse("openid_connect_login", args=["company"]))
    assert b"Signing in did not work" in answer.content
