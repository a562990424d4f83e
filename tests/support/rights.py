"""Every address of the site, and whom it serves.

Draws docs/rights.md: `python -m tests.support.rights` (`make docs`).
"""

import os
from pathlib import Path

import django

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"

ANYBODY = "anybody, signed in or not"
SIGNED_IN = "anybody who is signed in, about themselves"
MEMBER = "anybody with a role at a destination"
MEMBER_THERE = "uploaders and reviewers of the destination"
KNOWS_NAMES = f"{MEMBER_THERE}, auditors and admins"
OWNER = "whoever it belongs to"
SCRAPER = "whoever shows `METRICS_TOKEN`, if one is set"
NOBODY = "nobody, unless single sign-on is set up"
#: What machines ask, and no person.
PROBES = ("healthz", "readyz")

_INTRODUCTION = """# Who may do what

Drawn from `uploads/access.py`, which decides. `tests/test_rights.py` asks every address of the site as every
role and compares. Do not edit this page: `make docs` writes it anew, and a test compares it with the code.

Uploader and reviewer are roles at a destination: somebody may upload to one and review at another. Auditor
and admin are roles of the whole site. What somebody may not do does not exist for them: the answer is 404,
the same as for what is not there. What an admin manages asks them first to confirm who they are. *Own* are
batches that one has uploaded oneself, *others* those of somebody else.

"""
_WORDS = {"own": "own", "others": "others", "any": "all", "never": "–"}  # noqa: RUF001 (a dash is meant)
_ADDRESSES = """
## Every address

An address answers the methods that stand here, and 405 to others.

"""


def addresses() -> dict[str, dict[str, str]]:
    """For each name of an address, whom each of its methods serves: an `access.Action`, or a word above."""
    from uploads.access import Action

    get, post, both = (lambda who: {"GET": who}), (lambda who: {"POST": who}), _both
    return {
        "home": get(SIGNED_IN),
        "home-live": get(SIGNED_IN),
        **dict.fromkeys(PROBES, get(ANYBODY)),
        "metrics": get(SCRAPER),
        "language": post(ANYBODY),
        "look-up": post(MEMBER),
        "batch-at-target": post(Action.SEE_VALUES),
        "batches": get(SIGNED_IN),
        "batches-csv": get(SIGNED_IN),
        "batches-jsonl": get(SIGNED_IN),
        "batch-new": both(Action.UPLOAD),
        "batch-example": get(Action.UPLOAD),
        "batch": get(Action.SEE),
        "batch-live": get(Action.SEE),
        "batch-problems": get(Action.SEE),
        "batch-row": both(Action.CONFIRM_READING),
        "batch-reading": both(Action.CONFIRM_READING),
        "batch-adjust": post(Action.CONFIRM_READING),
        "batch-overlap": get(Action.SEE),
        "batch-overlap-choose": post(Action.CONFIRM_READING),
        "batch-restore": get(Action.SEE),
        "batch-restore-live": get(Action.SEE),
        "batch-restore-look": post(Action.RESTORE),
        "batch-restore-make": post(Action.RESTORE),
        "batch-left-out-csv": get(Action.DOWNLOAD),
        "batch-near-limit-csv": get(Action.DOWNLOAD),
        "batch-send": both(Action.SEND),
        "batch-send-rest": post(Action.SEND_REST),
        "batch-unschedule": post(Action.CANCEL),
        "batch-ask": both(Action.ASK_APPROVAL),
        "batch-take-back": post(Action.ASK_APPROVAL),
        "batch-review": both(Action.APPROVE),
        "batch-cancel": post(Action.CANCEL),
        "batch-original": get(Action.DOWNLOAD),
        "batch-refused-csv": get(Action.DOWNLOAD),
        "batch-correction-csv": get(Action.DOWNLOAD),
        "batch-arrival": post(Action.SEE_VALUES),
        "batch-arrival-csv": get(Action.DOWNLOAD),
        "part-decide": both(Action.RESOLVE),
        "part-read-back": post(Action.RESOLVE),
        "part-read-back-live": get(Action.RESOLVE),
        "upload-begin": post(Action.UPLOAD),
        "upload": {"GET": OWNER, "PATCH": OWNER},
        "upload-finish": post(OWNER),
        **dict.fromkeys(("help", "help-target", "help-problems", "help-proof", "help-tool"), get(SIGNED_IN)),
        "audit": get(Action.READ_AUDIT),
        "audit-csv": get(Action.READ_AUDIT),
        "audit-jsonl": get(Action.READ_AUDIT),
        "audit-chain": get(Action.READ_AUDIT),
        "audit-chain-live": get(Action.READ_AUDIT),
        "audit-verify": post(Action.READ_AUDIT),
        "audit-copy": post(Action.READ_AUDIT),
        "audit-compare": post(Action.READ_AUDIT),
        "people": get(Action.MANAGE),
        "person": both(Action.MANAGE),
        "membership-give": post(Action.MANAGE),
        "membership-take": post(Action.MANAGE),
        "person-deactivate": post(Action.MANAGE),
        "person-reactivate": post(Action.MANAGE),
        "person-reset": post(Action.MANAGE),
        "person-sign-out": post(Action.MANAGE),
        "invite": both(Action.MANAGE),
        "invitation-withdraw": post(Action.MANAGE),
        "forget": both(Action.MANAGE),
        "forgetting": get(Action.MANAGE),
        "forgetting-live": get(Action.MANAGE),
        "forgetting-remove": post(Action.MANAGE),
        "destinations": get(Action.MANAGE),
        "destination-new": both(Action.MANAGE),
        "destination": both(Action.MANAGE),
        "destination-token": post(Action.MANAGE),
        "destination-forget-token": post(Action.MANAGE),
        "destination-pause": post(Action.MANAGE),
        "destination-resume": post(Action.MANAGE),
        "destination-remove": post(Action.MANAGE),
        "attributes": get(KNOWS_NAMES),
        "attribute": both(MEMBER_THERE),
        "invitation": both(ANYBODY),
        **dict.fromkeys(_ABOUT_SIGNING_IN, both(ANYBODY)),
        **dict.fromkeys(_ONLY_TO_READ, get(ANYBODY)),
        "openid_connect_login": both(NOBODY),
        "openid_connect_callback": both(NOBODY),
        **dict.fromkeys(_OF_ONES_OWN_ACCOUNT, both(SIGNED_IN)),
        "mfa_index": get(SIGNED_IN),
        "mfa_list_webauthn": get(SIGNED_IN),
        "mfa_deactivate_totp": both(OWNER),
        "mfa_view_recovery_codes": get(OWNER),
        "mfa_download_recovery_codes": get(OWNER),
        "mfa_remove_webauthn": both(OWNER),
        "session-end": post(OWNER),
    }


_ABOUT_SIGNING_IN = (
    "sign-in",
    "account_login",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "sign-out",
    "account_logout",
    "account_reset_password",
    "account_reset_password_from_key",
    "account_confirm_email",
)
_ONLY_TO_READ = (
    "account_inactive",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "socialaccount_login_cancelled",
)
_OF_ONES_OWN_ACCOUNT = (
    "password-change",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_email",
    "notifications",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
    "usersessions_list",
)


def _both(who: str) -> dict[str, str]:
    return {"GET": who, "POST": who}


def patterns() -> dict[str, list[str]]:
    """Every address that the site's resolver knows: its name to its paths, as the code writes them."""
    from django.urls import URLResolver, get_resolver

    found: dict[str, list[str]] = {}

    def walk(resolver, before: str) -> None:
        for entry in resolver.url_patterns:
            path = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry, path)
            else:
                found.setdefault(entry.name or f"(unnamed) {path}", []).append(path)

    walk(get_resolver(), "/")
    return found


def page() -> str:
    """The whole page, as it should stand in docs/."""
    from uploads import access

    matrix = ["| | uploader | reviewer | auditor | admin |", "|---|---|---|---|---|"]
    matrix += [
        f"| {action} | {' | '.join(_WORDS[reach] for reach in reaches)} |"
        for action, reaches in access.MATRIX.items()
    ]
    paths = patterns()
    rows = ["| address | methods | for |", "|---|---|---|"]
    for name, methods in addresses().items():
        for path in paths[name]:
            rows.append(f"| `{path}` | {', '.join(methods)} | {next(iter(methods.values()))} |")
    return _INTRODUCTION + "\n".join(matrix) + "\n" + _ADDRESSES + "\n".join(rows) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
