"""The peers that the tests of Target's client share."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme.tt.omtrdc.net")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path
