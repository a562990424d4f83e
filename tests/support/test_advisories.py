"""What `make lint` makes of pip-audit: the real one, in front of an advisory service over real HTTP."""

import pytest
from werkzeug import Response

from tests.support.advisories import judge, look_up
from uploads.runtime.processes import free_port

HASH = "0" * 64
LEAKY = {
    "vulns": [
        {
            "id": "PYSEC-2026-1",
            "summary": "It leaks.",
            "affected": [
                {
                    "package": {"name": "leaky", "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
                }
            ],
        }
    ]
}


@pytest.fixture
def lock(tmp_path):
    """A lock that names one package."""
    path = tmp_path / "lock.txt"
    path.write_text(f"leaky==1.0 --hash=sha256:{HASH}\n")
    return path


@pytest.fixture
def asked(httpserver, lock, tmp_path):
    """Looks the lock up at a service that answers like this."""

    def asked(response: Response | None = None, **answer):
        expected = httpserver.expect_request("/v1/query", method="POST")
        expected.respond_with_response(response) if response else expected.respond_with_json(**answer)
        cache = ("--cache-dir", str(tmp_path / "cache"))
        return look_up(lock, "--osv-url", httpserver.url_for("/v1/query"), *cache)

    return asked


def test_what_is_known_of_nothing_is_clean(asked):
    verdict = asked(response_json={})
    assert (verdict.fails, verdict.said) == (False, "Known vulnerabilities: none in 1 locked packages.")


def test_a_known_vulnerability_fails_and_is_named(asked):
    verdict = asked(response_json=LEAKY)
    assert verdict.fails
    assert "  leaky 1.0: PYSEC-2026-1 (fixed in 1.1)" in verdict.said


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Response("busy", status=503), id="the service is in trouble"),
        pytest.param(Response("<html>Sign in to the Wi-Fi</html>"), id="somebody else answers"),
    ],
)
def test_a_service_that_does_not_answer_properly_is_said_in_one_line(asked, answer):
    verdict = asked(answer)
    assert not verdict.fails
    assert "not looked up" in verdict.said and "\n" not in verdict.said


def test_a_service_that_cannot_be_reached_is_said_in_one_line(lock):
    verdict = look_up(lock, "--osv-url", f"http://127.0.0.1:{free_port()}/v1/query")
    assert not verdict.fails
    assert verdict.said.endswith("cannot be reached (ConnectionError).")


def test_a_lock_that_cannot_be_read_fails(tmp_path):
    verdict = look_up(tmp_path / "missing.txt")
    assert verdict.fails
    assert "could not do its work" in verdict.said


def test_what_could_not_be_judged_is_named():
    verdict = judge('{"dependencies": [{"name": "own", "skip_reason": "not on the index"}]}', "")
    assert not verdict.fails
    assert "own: not on the index" in verdict.said


def test_a_tool_that_says_nothing_at_all_fails():
    assert judge("", "").fails
