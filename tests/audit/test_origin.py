"""Whose request it is, and from what kind of device."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from bulkprofile.environment import env_networks
from uploads.audit import device_of
from uploads.middleware import client_address

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36": "Chrome on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Safari/605.1.15": "Safari on macOS",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {SAFARI}": "Safari on iPhone",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
    "Safari/537.36": "Chrome on Android",
    "curl/8.9.1": "curl",
    "Mozilla/5.0 (Windows NT 10.0)": "Windows",
    "my-secret-token": "another program",
    "": "",
}


@pytest.mark.parametrize(("agent", "device"), AGENTS.items(), ids=AGENTS.values())
def test_of_the_user_agent_only_a_coarse_class_is_kept(agent, device):
    assert device_of(agent) == device


ADDRESSES = {
    "a visitor": ("198.51.100.9", "", "198.51.100.9"),
    "a visitor who pretends": ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
    "behind our proxy": ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
    "behind two proxies": ("10.0.0.1", "203.0.113.1, 10.0.0.2", "203.0.113.1"),
    "pretending behind our proxy": ("10.0.0.1", "192.0.2.99, 203.0.113.1", "203.0.113.1"),
    "nonsense behind our proxy": ("10.0.0.1", "<script>", "10.0.0.1"),
    "our proxy itself": ("10.0.0.1", "", "10.0.0.1"),
    "IPv6": ("2001:DB8:0::1", "", "2001:db8::1"),
    "IPv6 with a zone": ("fe80::1%eth0", "", "fe80::1"),
    "IPv4 written as IPv6": ("::ffff:198.51.100.9", "", "198.51.100.9"),
    "our proxy written as IPv6": ("::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1"),
    "a socket file": ("", "", ""),
    "a socket file and a pretender": ("", "203.0.113.1", ""),
}


@pytest.mark.parametrize(("peer", "forwarded", "address"), ADDRESSES.values(), ids=ADDRESSES)
def test_only_our_own_proxies_say_whose_request_it_is(settings, monkeypatch, peer, forwarded, address):
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8")
    settings.TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES", "Proxies.")
    assert client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}) == address


def test_a_proxy_that_is_no_address_is_a_mistake(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "proxy.example.com")
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        env_networks("TRUSTED_PROXIES", "Proxies.")
