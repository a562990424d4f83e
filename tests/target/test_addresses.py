"""Which addresses are called: public ones, judged on the connection and before anything is sent."""

import socket

import pytest

from tests.target.internet import SOMEWHERE
from tests.target.servers import PATIENT, closed_port, send_batch
from uploads.target import Account, PollFailed, RetrySafely, fetch_profile, host_of, status
from uploads.target.addresses import is_public

OWN = "acme.tt.omtrdc.net"
EDGE = "mboxedge45.tt.omtrdc.net"
PATH = "/m2/acme/profile/batchStatus"
EDGE_URL = f"http://{EDGE}{PATH}?batchId=acme-1-2"
ACCOUNT = Account("acme", host_of("acme"), token="s3cret")
COMPLETE = "<response><status>complete</status></response>"

CALLS = {
    "submit": lambda: send_batch(ACCOUNT, b"batch=thirdPartyId,level\nc-1,gold\n"),
    "status": lambda: status(ACCOUNT, EDGE_URL.replace("http:", "https:"), timeouts=PATIENT),
    "status-over-http": lambda: status(ACCOUNT, EDGE_URL, timeouts=PATIENT),
    "profile": lambda: fetch_profile(ACCOUNT, "thirdPartyId", "c-1", timeouts=PATIENT),
}


@pytest.mark.parametrize(
    "address",
    ["66.235.152.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2a02:26f0::1", "64:ff9b::42eb:9801"],
)
def test_public_addresses_are_called(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "2002:808:808::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_all_others_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254"])
@pytest.mark.parametrize("call", CALLS)
def test_a_name_that_leads_inside_gets_not_one_byte(internet, call, address):
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        internet.host(OWN, 443, port, address)
        internet.host(EDGE, 443, closed_port() if call == "status-over-http" else port, address)
        internet.host(EDGE, 80, port, address)
        with pytest.raises((RetrySafely, PollFailed), match="not public") as failure:
            CALLS[call]()
        connection, _ = inside.accept()
        with connection:
            assert connection.recv(1000) == b""
    assert failure.value.kind in ("connection", "unreachable")


def test_a_name_that_is_led_inside_later_gets_not_one_byte_more(internet, httpserver):
    httpserver.expect_request(PATH).respond_with_data(COMPLETE)
    internet.host(EDGE, 443, closed_port())
    internet.host(EDGE, 80, httpserver.port, SOMEWHERE, "192.168.0.10")
    assert CALLS["status-over-http"]().state == "complete"
    with pytest.raises(PollFailed, match="not public"):
        CALLS["status-over-http"]()
    assert len(httpserver.log) == 1
