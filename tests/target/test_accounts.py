"""Addresses: the account's own, and those that Target may send us to."""

import pytest

from uploads.target import Account, allowed_status_url, host_of

ACME = Account("acme", host_of("acme"))
SANDBOX = Account("acme", "http://127.0.0.1:8001", sandbox=True)
EDGE = "http://mboxedge45.tt.omtrdc.net/m2/acme/profile/batchStatus?batchId=acme-1701473848678-13029383"
LOCAL = "http://127.0.0.1:8001/m2/acme/profile/batchStatus?batchId=acme-1-2"


def test_the_host_is_derived_from_the_client_code():  # T1
    assert host_of("Acme-Retail2") == "https://acme-retail2.tt.omtrdc.net"


@pytest.mark.parametrize(
    "client_code",
    ["", "-acme", "acme.evil", "acme/", "acme@x", "acme\n", "a" * 64, "acmé", "acme?", "acme:80", " acme"],
)
def test_what_is_no_client_code_has_no_host(client_code):
    with pytest.raises(ValueError, match="client code"):
        host_of(client_code)


@pytest.mark.parametrize(
    ("version", "path"), [("v2", "/m2/acme/v2/profile/batchUpdate"), ("v1", "/m2/acme/profile/batchUpdate")]
)
def test_each_version_has_its_path(version, path):  # T1
    assert Account("acme", host_of("acme"), version=version).submit_url == f"https://acme.tt.omtrdc.net{path}"


@pytest.mark.parametrize(
    "facts",
    [
        {"base_url": "https://evil.example"},
        {"base_url": "http://acme.tt.omtrdc.net"},
        {"base_url": "https://other.tt.omtrdc.net"},
        {"base_url": host_of("acme"), "version": "v3"},
        {"base_url": "http://127.0.0.1:8001/path", "sandbox": True},
        {"base_url": "http://user@127.0.0.1:8001", "sandbox": True},
        {"base_url": "ftp://127.0.0.1", "sandbox": True},
    ],
    ids=["foreign", "plain-http", "other-account", "version", "path", "user", "scheme"],
)
def test_an_account_cannot_point_elsewhere(facts):
    with pytest.raises(ValueError, match=r"\w"):
        Account("acme", **facts)


def test_the_token_is_not_part_of_the_representation():
    assert "s3cret" not in repr(Account("acme", host_of("acme"), token="s3cret"))


@pytest.mark.parametrize(
    "url",
    [
        EDGE,
        EDGE.replace("http:", "https:"),
        EDGE.replace("mboxedge45", "acme"),
        EDGE.replace("mboxedge45", "MBOXEDGE7"),
        EDGE.replace("/profile", "/v2/profile"),
        EDGE + "&mboxPC=1-2.3&m2Node=9",
        EDGE.replace("omtrdc.net/", "omtrdc.net:80/"),
        EDGE.replace("http:", "https:").replace("omtrdc.net/", "omtrdc.net:443/"),
    ],
)
def test_targets_status_urls_are_allowed_as_given(url):  # T6
    assert allowed_status_url(ACME, url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "batchStatus",
        EDGE.replace("http:", "ftp:"),
        EDGE.replace("http:", "file:"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "example.com"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "mboxedge45.tt.omtrdc.net.example.com"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "example.com#mboxedge45.tt.omtrdc.net"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "mboxedge45.tt.omtrdc.net@example.com"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "user:word@mboxedge45.tt.omtrdc.net"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "example.com\\@mboxedge45.tt.omtrdc.net"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "127.0.0.1"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "169.254.169.254"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "[::1]"),
        EDGE.replace("mboxedge45.tt.omtrdc.net", "[::1"),
        EDGE.replace("mboxedge45", "mboxedge4567"),
        EDGE.replace("mboxedge45", "mboxedge"),
        EDGE.replace("mboxedge45", "other"),
        EDGE.replace("omtrdc.net/", "omtrdc.net./"),
        EDGE.replace("omtrdc.net/", "omtrdc.net:8080/"),
        EDGE.replace("omtrdc.net/", "omtrdc.net:443/"),
        EDGE.replace("omtrdc.net/", "omtrdc.net:port/"),
        EDGE.replace("/m2/acme/", "/m2/other/"),
        EDGE.replace("/m2/acme/", "/m2/acme/../other/"),
        EDGE.replace("/m2/acme/", "/m2/acme%2F"),
        EDGE.replace("batchStatus", "batchUpdate"),
        EDGE.replace("batchId", "id"),
        EDGE.partition("=")[0] + "=",
        EDGE + "#fragment",
        EDGE + " ",
        EDGE + "\n",
        EDGE + "é",
        EDGE + "&x=" + "9" * 3000,
        LOCAL,
    ],
)
def test_any_other_url_is_not_called(url):  # T6
    assert allowed_status_url(ACME, url) is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (LOCAL, True),
        (LOCAL.replace("/profile", "/v2/profile"), True),
        (LOCAL.replace("8001", "8002"), False),
        (LOCAL.replace("http:", "https:"), False),
        (LOCAL.replace("127.0.0.1", "localhost"), False),
        (LOCAL.replace(":8001", ""), False),
        (EDGE, False),
    ],
)
def test_a_sandbox_is_held_to_its_own_address(url, allowed):
    assert allowed_status_url(SANDBOX, url) == (url if allowed else None)
