"""Secrets and values of rows, followed through a whole job of the real product, failures included.

They are canaries: recognisable, and looked for in everything that is left behind.
"""

import base64
import contextlib
import json
import re
import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from tests.support import both_logs, databases
from tests.support.stack import Stack
from tests.support.waiting import eventually
from uploads.runtime.processes import LOOPBACK
from uploads.runtime.valkey import PASSWORD_FILE
from uploads.tracing import FIELDS, TRACE, Trace

pytestmark = pytest.mark.processes

TOKEN = "canaryTokenQ7f3Zk9"
PASSWORD = "canaryPasswordV2m8Xw4"
VALUE = "canaryValueT5r1Lp6"
ID = "canaryIdentifierH8c2Nd7"
ROWS = f"thirdPartyId,favourite\n{ID},{VALUE}\n{ID}/x,{VALUE}\n".encode()
#: What a form sends of itself: the token against forgery, the digest of what is shown.
HIDDEN = re.compile(r'<input type="hidden"\s+name="(\w+)"\s+value="(\w+)"')
BROKEN_JOB = re.compile(r"worker checking +\|.*NotADirectoryError")


class Visitor:
    """Somebody with a browser; `seen` holds every answer that they got, headers and body."""

    def __init__(self, url: str, name: str, password: str):
        self.url = url
        self.seen: list[bytes] = []
        self._session = requests.Session()
        self.request_id = secrets.token_hex(8)
        self._session.headers["X-Request-ID"] = self.request_id
        self.post("/sign-in/", username=name, password=password)

    def get(self, path: str) -> requests.Response:
        """The page, after redirects."""
        return self._noted(self._session.get(self.url + path, timeout=60))

    def post(self, path: str, form_at: str = "", files: dict | None = None, **fields) -> requests.Response:
        """What the form at that address (by default the same) leads to."""
        data = {**dict(HIDDEN.findall(self.get(form_at or path).text)), **fields}
        return self._noted(self._session.post(self.url + path, data=data, files=files, timeout=60))

    def _noted(self, answer: requests.Response) -> requests.Response:
        for each in [*answer.history, answer]:
            self.seen.append(repr(each.headers).encode() + each.content)
        return answer

    def upload(self, content: bytes) -> str:
        """The path of the batch's page."""
        answer = self.post("/batches/new/", files={"file": ("people.csv", content)}, destination="1")
        return answer.url.removeprefix(self.url)

    def wait_for(self, batch: str, state: str) -> None:
        """Reload the batch's page until it shows the state."""
        shown = f'data-state="{state}"'
        eventually(lambda: shown in self.get(batch).text, f"the batch is {state}", seconds=90)


def in_the_clear(kept: bytes) -> bytes:
    """The bytes together with whatever they are once unpacked: RQ compresses what it stores."""
    unpacked = kept
    for candidate in (lambda: zlib.decompress(kept), lambda: zlib.decompress(base64.b64decode(kept))):
        with contextlib.suppress(zlib.error, ValueError):
            unpacked += b"\n" + candidate()
    return unpacked


def redis_keys(stack: Stack) -> bytes:
    """Everything that the job server holds."""
    password = (stack.var / "keys" / PASSWORD_FILE).read_text()
    server = redis.Redis(LOOPBACK, stack.state()["valkey_port"], password=password)
    readers = {
        b"string": lambda key: [server.get(key)],
        b"hash": lambda key: [part for pair in server.hgetall(key).items() for part in pair],
        b"list": lambda key: server.lrange(key, 0, -1),
        b"set": server.smembers,
        b"zset": lambda key: server.zrange(key, 0, -1),
        b"stream": lambda key: [text for _id, entry in server.xrange(key) for text in entry.values()],
    }
    found = []
    for key in server.scan_iter():
        found += [key, *(in_the_clear(value) for value in readers[server.type(key)](key) if value)]
    return b"\n".join(found)


def redis_file(stack: Stack) -> bytes:
    """Every command that the job server has ever written down, deleted keys among them."""
    found = []
    for path in (stack.var / "valkey").rglob("*"):
        if path.is_file():
            found.append(path.read_bytes())
            found += (in_the_clear(argument) for argument in arguments_in(path.read_bytes()))
    return b"\n".join(found)


def arguments_in(log: bytes) -> Iterator[bytes]:
    """The bulk strings (`$length`, then so many bytes) of a log in Redis's protocol."""
    at = 0
    while match := re.compile(rb"\$(\d+)\r\n").search(log, at):
        at = match.end() + int(match[1])
        yield log[match.end() : at]


def database(stack: Stack) -> bytes:
    """The database as a dump, and SQLite's files byte by byte: pages freed long ago are among them."""
    if databases.environment(stack.var):
        with databases.connected(stack.var) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            return "\n".join(
                str(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables.fetchall()
            ).encode()
    with contextlib.closing(sqlite3.connect(stack.var / "bulkprofile.sqlite3")) as connection:
        dump = "\n".join(connection.iterdump()).encode()
    return dump + b"".join(path.read_bytes() for path in sorted(stack.var.glob("bulkprofile.sqlite3*")))


def kept_files(stack: Stack) -> bytes:
    """Everything that lies in the folder."""
    return b"".join(path.read_bytes() for path in stack.var.rglob("*") if path.is_file())


def hiding(secret: str) -> list[bytes]:
    """The secret, and as it would stand in base64 and in hex."""
    raw = secret.encode()
    # Of base64 what does not depend on where the secret begins in a longer text.
    coded = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), *coded]


def json_log(stack: Stack) -> Path:
    """Where the processes of `both_logs` write what they log in JSON."""
    return stack.var / both_logs.LOG_NAME


class Left:
    """What a job left behind, by where; `request_id` is that of whoever uploaded and sent."""

    def __init__(self, stack: Stack, seen: list[bytes], request_id: str):
        self.request_id = request_id
        self.places = {
            "database": database(stack),
            "log": stack.log.read_bytes(),
            "JSON log": json_log(stack).read_bytes(),
            "keys of Redis": redis_keys(stack),
            "file of Redis": redis_file(stack),
            "pages": b"".join(seen),
            "files": kept_files(stack),
        }

    def holding(self, *secrets: str) -> set[str]:
        """Where one of these is found."""
        wanted = [coded for secret in secrets for coded in hiding(secret)]
        return {place for place, kept in self.places.items() if any(each in kept for each in wanted)}


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """What is left of a job done in full, and of four that broke: two pages, a worker's job, a form."""
    both = {"DJANGO_SETTINGS_MODULE": both_logs.__name__, "TRUSTED_PROXIES": LOOPBACK}
    stack = Stack(tmp_path_factory.mktemp("canary") / "var", env=both)
    with stack:
        admin = Visitor(stack.url, "admin", stack.password)
        uploader = Visitor(stack.url, "uploader", stack.password)
        uploader.post("/password/", oldpassword=stack.password, password1=PASSWORD, password2=PASSWORD)
        # Typed into the wrong field: the form gives it back to whoever typed it, and nothing keeps it.
        Visitor(stack.url, PASSWORD, PASSWORD)
        admin.post("/account/confirm/", password=stack.password)
        answer = admin.post("/destinations/1/token/", "/destinations/1/", token=TOKEN)
        assert "The token is set." in answer.text
        batch = do_the_whole_job(uploader)
        admin.get("/destinations/1/")
        admin.get(batch)
        admin.get("/audit/")
        auditor = Visitor(stack.url, "auditor", stack.password)
        assert VALUE not in auditor.get(batch).text + auditor.get("/audit/export.jsonl").text
        break_everything(stack, admin, uploader, batch)
        yield Left(stack, admin.seen + uploader.seen + auditor.seen, uploader.request_id)


def do_the_whole_job(uploader: Visitor) -> str:
    """From the upload to Target and back; returns the path of the batch's page."""
    batch = uploader.upload(ROWS)
    uploader.wait_for(batch, "ready")
    for page in ("problems/", "to-correct.csv", "original/"):
        assert ID in uploader.get(batch + page).text, page
    uploader.post(f"{batch}send/", when="now")
    uploader.wait_for(batch, "complete")
    return batch


def break_everything(stack: Stack, admin: Visitor, uploader: Visitor, batch: str) -> None:
    """Have a page break over values of rows, a job in its worker, and forms over the token and a password."""
    for problems in (stack.var / "files").rglob("problems.sqlite3"):
        problems.write_bytes(f"{VALUE} is no database".encode())
    assert uploader.get(f"{batch}problems/").status_code == 500

    (stack.var / "work").rmdir()
    (stack.var / "work").write_text("no folder")
    uploader.upload(ROWS)
    eventually(lambda: BROKEN_JOB.search(stack.log_text()), "a worker's job breaks", seconds=60)

    with databases.connected(stack.var) as connection:
        connection.execute("ALTER TABLE uploads_auditevent RENAME TO elsewhere")
    assert admin.post("/destinations/1/token/", "/destinations/1/", token=TOKEN).status_code == 500
    newcomer = Visitor(stack.url, "uploader", PASSWORD)
    assert b"Something broke on our side" in newcomer.seen[-1]
    admin.seen += newcomer.seen


def test_what_breaks_is_told_to_the_log_and_to_nobody_else(left):
    assert b"Traceback" in left.places["log"]
    assert b"Traceback" in left.places["keys of Redis"]
    assert b"Something broke on our side" in left.places["pages"]
    assert b"Traceback" not in left.places["pages"]


def test_each_line_of_the_log_says_when_and_by_which_clock(left):
    lines = re.findall(rb"\| (.*) (?:INFO|WARNING|ERROR) \w", left.places["log"])
    assert lines
    assert all(re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", line) for line in lines)


def told(left: Left) -> list[dict]:
    """The lines of the JSON log."""
    return [json.loads(line) for line in left.places["JSON log"].splitlines()]


def test_each_line_of_the_json_log_holds_listed_fields_only_and_some_tell_where_something_broke(left):
    lines = told(left)
    assert {name for line in lines for name in line} <= {*FIELDS, *Trace.__annotations__}
    broken = {(line["logger"], error) for line in lines for error in line.get("exception", ())}
    assert broken >= {(TRACE, "NotADirectoryError"), ("django.request", "sqlite3.DatabaseError")}
    assert any(error.startswith("django.db.utils.") for _logger, error in broken)


def test_the_id_of_a_request_leads_through_its_job_and_calls_to_the_end_of_the_batch(left):
    mine = [line for line in told(left) if line.get("request") == left.request_id]
    of_batch = [line for line in mine if line.get("batch") == 1]
    assert {line["message"] for line in of_batch} >= {"request", "job", "call", "state"}
    assert {line["job"] for line in of_batch if "job" in line} >= {"check-1", "compare-1", "deliver-1"}
    (call,) = [line for line in of_batch if line.get("kind") == "submit"]
    assert (call["part"], call["outcome"], call["status"]) == (1, "accepted", 200)
    assert "delivering" in {line.get("state") for line in of_batch}


def test_a_token_stands_nowhere_in_the_clear(left):
    assert left.holding(TOKEN) == set()


def test_a_password_stands_nowhere_in_the_clear(left):
    assert left.holding(PASSWORD) == set()


def test_values_of_rows_stand_in_the_files_of_their_batch_and_on_pages_for_those_who_may_see_them(left):
    assert left.holding(VALUE, ID) == {"files", "pages"}
