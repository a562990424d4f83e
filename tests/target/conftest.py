"""The peers that the tests of Target's client share."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.target.servers import served_sandbox


@pytest.fixture
def emulator(tmp_path):
    """A sandbox without delay or limit, over real HTTP."""
    with served_sandbox(tmp_path / "emulator") as served:
        yield served


@pytest.fixture
def resolver(monkeypatch):
    """A name service that sends (host, port) to a loopback port: `resolver[host, 443] = port`."""
    routes: dict[tuple[str, int], int] = {}
    resolve = socket.getaddrinfo

    def rerouted(host, port, *args, **kwargs):
        if (host, port) in routes:
            return resolve("127.0.0.1", routes[host, port], *args, **kwargs)
        return resolve(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rerouted)
    return routes


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
