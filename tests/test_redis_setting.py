"""REDIS_URL and REDIS_PASSWORD: a job server elsewhere, behind TLS."""

import pytest
import redis
from django_rq.connection_utils import get_redis_connection

from bulkprofile.environment import redis_queue
from tests.support.tls_front import self_signed, tls_in_front
from tests.support.valkey_server import embedded_valkey, running

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("name", "is_trusted", "refusal"),
    [
        ("localhost", True, None),
        ("localhost", False, "CERTIFICATE_VERIFY_FAILED"),
        ("elsewhere.example", True, "Hostname mismatch"),
    ],
    ids=["one that the system trusts", "one that it does not", "one for another name"],
)
def test_tls_to_the_job_server_counts_by_its_certificate(tmp_path, monkeypatch, name, is_trusted, refusal):
    certificate = self_signed(tmp_path / "certificate.pem", name)
    trusted = certificate if is_trusted else self_signed(tmp_path / "another.pem", name)
    server = embedded_valkey(tmp_path)
    with running(server), tls_in_front(server.port, certificate) as port:
        # OpenSSL takes this file for what the system trusts.
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        monkeypatch.setenv("REDIS_URL", f"rediss://localhost:{port}/0")
        monkeypatch.setenv("REDIS_PASSWORD", server.password)
        client = get_redis_connection(redis_queue())
        if refusal is None:
            assert client.ping()
        else:
            with pytest.raises(redis.ConnectionError, match=refusal):
                client.ping()
        client.close()
