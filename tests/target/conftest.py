"""The peers that the tests of Target's client share."""

import socket

import pytest

from tests.support.tls_front import self_signed
from tests.target.internet import Internet
from tests.target.servers import served_sandbox


@pytest.fixture
def emulator(tmp_path):
    """A sandbox without delay or limit, over real HTTP."""
    with served_sandbox(tmp_path / "emulator") as served:
        yield served


@pytest.fixture
def internet(monkeypatch):
    """An internet of hosts that are ports of this machine: `internet.host("name", 443, port)`."""
    world = Internet()

    def connect(connecting, destination):
        return world.connect(connecting, destination)

    def getpeername(connected):
        return world.getpeername(connected)

    monkeypatch.setattr(socket, "getaddrinfo", world.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "getpeername", getpeername)
    return world


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate with its key, as a PEM file."""
    return self_signed(tmp_path / "certificate.pem", "acme.tt.omtrdc.net")
