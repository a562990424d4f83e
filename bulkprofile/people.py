"""How people sign in and are written to, from the environment."""

from django.core.exceptions import ImproperlyConfigured

from .environment import env_flag, env_int, env_list, env_text, env_topic
from .site import ALLOWED_HOSTS, INSECURE_HTTP, PORT

# People -----------------------------------------------------------------------------------------

env_topic("People")
PASSWORD_WORDS = [
    "bulkprofile",
    "adobe",
    *env_list(
        "PASSWORD_WORDS",
        [],
        "Words that no password may be built on, besides the product's own: the company's, its brands'.",
    ),
]
SESSION_COOKIE_AGE = (
    env_int("SESSION_HOURS", 12, "hours", "So long a session lasts at most; it also ends with the browser.")
    * 60
    * 60
)
INVITATION_DAYS = env_int("INVITATION_DAYS", 7, "days", "So long an invitation can be accepted.")

SECOND_FACTOR_ROLES = env_list(
    "SECOND_FACTOR_ROLES",
    ["none"] if INSECURE_HTTP else ["admin", "reviewer"],
    "Whoever holds one of these roles (`uploader`, `reviewer`, `auditor`, `admin`) must set up a second "
    "factor before anything else; `none` asks nobody.",
    form="list of roles",
    shown="`admin,reviewer`; `none` with `BULKPROFILE_INSECURE_HTTP`",
)
if unknown := set(SECOND_FACTOR_ROLES) - {"none", "uploader", "reviewer", "auditor", "admin"}:
    raise ImproperlyConfigured(f"SECOND_FACTOR_ROLES knows no role {', '.join(sorted(unknown))}.")

ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if INSECURE_HTTP else "https"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = INSECURE_HTTP

OIDC_ISSUER = env_text(
    "OIDC_ISSUER",
    "",
    "The OpenID Connect provider of single sign-on, off without it ([signing-in.md](signing-in.md)).",
    form="address",
)
OIDC_NAME = env_text("OIDC_NAME", "single sign-on", "What the button to the provider says.")
OIDC_CLIENT_ID = env_text("OIDC_CLIENT_ID", "", "What the provider calls this site.")
OIDC_CLIENT_SECRET = env_text("OIDC_CLIENT_SECRET", "", "By what it knows this site.", secret=True)
OIDC_TRUST_SECOND_FACTOR = env_flag(
    "OIDC_TRUST_SECOND_FACTOR",
    False,
    "The provider is known to ask everybody for a second factor, so that none is needed here.",
)
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# E-mail -----------------------------------------------------------------------------------------

env_topic("E-mail")
SITE_URL = env_text(
    "SITE_URL",
    f"http://localhost:{PORT}" if INSECURE_HTTP else f"https://{ALLOWED_HOSTS[0]}",
    "Where people reach the site: for links in e-mails that no request leads to.",
    form="address",
    shown="`https://` and the first of `ALLOWED_HOSTS`",
)
_mail_host = env_text(
    "EMAIL_HOST",
    "",
    "The mail server.",
    form="name",
    shown="`localhost`; with `BULKPROFILE_INSECURE_HTTP`, mail goes to the output",
)
EMAIL_HOST = _mail_host or "localhost"
EMAIL_PORT = env_int("EMAIL_PORT", 25, "TCP port", "Its port.")
EMAIL_HOST_USER = env_text("EMAIL_HOST_USER", "", "The name by which to sign in there.")
EMAIL_HOST_PASSWORD = env_text("EMAIL_HOST_PASSWORD", "", "The password for that.", secret=True)
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS", False, "STARTTLS, mostly with port 587.")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL", False, "TLS from the first byte, mostly with port 465.")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_text(
    "DEFAULT_FROM_EMAIL", "bulkprofile@localhost", "From whom e-mails come.", form="e-mail address"
)
# Links to set passwords must not stand in a log, except on a machine of one's own without a mail server.
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend"
    if INSECURE_HTTP and not _mail_host
    else "django.core.mail.backends.smtp.EmailBackend"
)
