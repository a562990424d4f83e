"""The cast, the real peers, and a network that ends at loopback."""

import gc
import ipaddress
import os
import signal
import socket
from datetime import timedelta
from pathlib import Path

import django_rq
import hypothesis
import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.functions import Now
from django.db.models.signals import post_migrate
from django.utils import translation
from django.utils.timezone import now
from rq import Worker

from tests.support import audit_guards, databases, longest
from tests.support.bucket import Bucket
from tests.support.second_factor import confirm
from tests.support.valkey_server import embedded_valkey, running
from tests.support.waiting import eventually
from tests.target.servers import served_sandbox
from uploads import demo, workflow
from uploads.models import Account, Batch, Destination, Membership, Part, PartState, User
from uploads.models.people import Role, SiteRole

PASSWORD = "correct horse battery"

# Whoever runs the tests under nohup or in the background must not make the processes they start deaf.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

# Tests never time: a busy machine is no fault of the example.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_ignore_collect(collection_path, config):
    """To import every file of tests takes longer than the few that are about the database."""
    is_file = config.option.markexpr == "database" and collection_path.suffix == ".py"
    return True if is_file and "pytest.mark.database" not in collection_path.read_text() else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """After pytest-django, which sorts by what a test wants of the database."""
    longest.sort(items)


def pytest_collection_finish():
    """What is there now stays to the end: garbage is not looked for among six thousand tests."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Some files go to one worker together."""
    return longest.Scheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def loopback_only():
    """No test reaches beyond this machine, whatever the code under test tries."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            try:
                inside = ipaddress.ip_address(host).is_loopback
            except ValueError:
                inside = host == "localhost"
            if not inside:
                raise OSError(f"The tests do not reach {host}.")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect


@pytest.fixture(autouse=True)
def own_files(tmp_path, tmp_path_factory, settings):
    """Each test keeps its files apart; with STORAGE=s3 in a bucket, whose objects are files elsewhere."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INCOMING_ROOT = tmp_path / "incoming"
    settings.WORK_ROOT = tmp_path / "work"
    settings.JOURNAL_ROOT = tmp_path / "journal"
    if os.environ.get("STORAGE") != "s3":
        yield
        return
    elsewhere = tmp_path_factory.mktemp("bucket")
    bucket = Bucket(elsewhere / "buckets")
    bucket.start()
    bucket.use(settings, elsewhere / "copies")
    yield
    bucket.stop()


@pytest.fixture(autouse=True)
def own_language():
    """A request leaves the language of its answer behind: the next test does not begin in it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings) -> bool:
    """Whether the database is there: that of SQLite comes with its migrations applied."""
    if os.environ.get("DATABASE_URL"):
        return False
    databases.migrate(Path(connection.settings_dict["TEST"]["NAME"]))
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """The database, once for all; a flush makes neither content types nor permissions anew.

    That took most of the time of each flush, and the product uses neither.
    """
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def flushed_log(request):
    """A test whose transactions are real ends in a flush, which the audit log's guards would refuse."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        if marker is not None:
            # In this test's own transaction: a real one may have run before it.
            request.getfixturevalue("db")
            if not audit_guards.are_there():
                audit_guards.restore()
        yield
        return
    # From here on: what is asked for last is torn down first.
    request.getfixturevalue("transactional_db")
    if not audit_guards.are_there():
        audit_guards.restore()
    yield
    audit_guards.remove()


# Peers ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory):
    """A real Redis-protocol server, which the queues use for the whole run."""
    server = embedded_valkey(tmp_path_factory.mktemp("valkey"))
    with running(server):
        for queue in settings.RQ_QUEUES.values():
            queue.update(HOST="127.0.0.1", PORT=server.port, PASSWORD=server.password)
        yield server


@pytest.fixture(scope="session")
def queue_connections(valkey_server):
    """A connection of each queue, kept: to make one takes longer than most of what is asked through it."""
    return [django_rq.get_connection(name) for name in settings.RQ_QUEUES]


@pytest.fixture
def valkey(valkey_server, queue_connections):
    """That server, holding nothing that an earlier test left."""
    for kept in queue_connections:
        kept.flushdb()
    return valkey_server


@pytest.fixture
def at_work(valkey):
    """Registers a worker of each queue, as `manage.py worker` does; heard of so many seconds ago."""
    registered = []

    def at_work(seconds: int = 0, queues=("checking", "delivering", "following")):
        for name in queues:
            jobs = django_rq.get_queue(name)
            worker = Worker([jobs], connection=jobs.connection)
            worker.register_birth()
            beat = (now() - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            jobs.connection.hset(worker.key, "last_heartbeat", beat)
            registered.append(worker)

    yield at_work
    for worker in registered:
        worker.register_death()


@pytest.fixture
def swept(db):
    """The sweep has just been by."""
    workflow.sweep()


@pytest.fixture
def sandbox(tmp_path, settings):
    """The sandbox over real HTTP, where the Sandbox destination sends to."""
    with served_sandbox(tmp_path / "sandbox", processing_seconds=0, calls_per_minute=10_000) as sandbox:
        settings.SANDBOX_URL = sandbox.url
        yield sandbox


# The cast ---------------------------------------------------------------------------------------


@pytest.fixture
def destination(db):
    """The Sandbox, as a destination."""
    return Destination.objects.create(
        name="Sandbox", kind=Destination.Kind.SANDBOX, client_code=demo.SANDBOX_CLIENT_CODE
    )


@pytest.fixture
def other_destination(db):
    """Another team's."""
    return Destination.objects.create(
        name="Elsewhere", kind=Destination.Kind.SANDBOX, client_code="elsewhere"
    )


def _person(username, site_role=SiteRole.NONE, destination=None, role=None):
    user = User.objects.create_user(username, password=PASSWORD, site_role=site_role)
    if role:
        Membership.objects.create(person=user, destination=destination, role=role)
    return user


@pytest.fixture
def uploader(destination):
    """Uploads to the Sandbox."""
    return _person("uploader", destination=destination, role=Role.UPLOADER)


@pytest.fixture
def colleague(destination):
    """Another uploader to the Sandbox."""
    return _person("colleague", destination=destination, role=Role.UPLOADER)


@pytest.fixture
def reviewer(destination):
    """Reviews the Sandbox."""
    return _person("reviewer", destination=destination, role=Role.REVIEWER)


@pytest.fixture
def outsider(other_destination):
    """Uploads and reviews elsewhere, and is nothing at the Sandbox."""
    user = _person("outsider", destination=other_destination, role=Role.REVIEWER)
    Membership.objects.create(person=user, destination=other_destination, role=Role.UPLOADER)
    return user


@pytest.fixture
def auditor(db):
    """Reads everything but values."""
    return _person("auditor", SiteRole.AUDITOR)


@pytest.fixture
def admin(db):
    """Manages people and destinations."""
    return _person("admin", SiteRole.ADMIN)


@pytest.fixture
def sign_in(client):
    """Signs a person in and returns the client."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def sign_in_confirmed(sign_in):
    """Signs a person in, proves anew by the password who they are, and returns the client."""

    def sign_in_confirmed(user):
        client = sign_in(user)
        confirm(client, PASSWORD)
        return client

    return sign_in_confirmed


@pytest.fixture
def receive(uploader, destination, valkey):
    """Uploads bytes as the uploader and returns the batch.

    With a job server: each ring for one that is not there takes a while to give up.
    """

    def receive(content: bytes, filename: str = "people.csv", **as_whom) -> Batch:
        path = Path(settings.INCOMING_ROOT).parent / "chosen.csv"
        path.write_bytes(content)
        with path.open("rb") as source:
            return workflow.receive_whole(
                as_whom.get("actor", uploader),
                as_whom.get("destination", destination),
                filename,
                len(content),
                source,
            )

    return receive


@pytest.fixture
def checked(receive):
    """Uploads, checks and compares bytes; returns the batch as that left it."""

    def checked(content: bytes, **as_whom) -> Batch:
        batch = receive(content, **as_whom)
        workflow.check(batch.pk)
        workflow.compare(batch.pk)
        batch.refresh_from_db()
        return batch

    return checked


@pytest.fixture
def make_due():
    """Lets the time pass for which retries, polls, leases and slowed accounts wait."""

    def make_due():
        Part.objects.exclude(next_try_at=None).update(next_try_at=Now())
        Part.objects.exclude(next_poll_at=None).update(next_poll_at=Now())
        Account.objects.update(slow_until=None)

    return make_due


@pytest.fixture
def follow_to_end(make_due):
    """Polls a part until Target has finished with it."""

    def follow_to_end(part):
        def ended():
            make_due()
            workflow.follow(part.pk)
            part.refresh_from_db()
            return part.state != PartState.ACCEPTED

        eventually(ended, "Target finishes the part")
        return part

    return follow_to_end
