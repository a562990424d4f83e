"""deploy/: what the files for a server name is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted(path for path in (DEPLOY / "systemd").rglob("*") if path.is_file())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
VARIABLES = {variable.name: variable for variable in settings.VARIABLES}
COMMON = DEPLOY / "systemd" / "bulkprofile-.service.d" / "common.conf"
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
FILES = [*sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ROOT / "docs" / "deploy.md"]
PYTHON = "/srv/bulkprofile/venv/bin/python manage.py"


def lines(path: Path, name: str) -> list[str]:
    """The values of all lines NAME=value."""
    return re.findall(rf"^{name}=(.*)$", path.read_text(), re.MULTILINE)


def named_in(text: str) -> set[str]:
    """The places of ours that a text names."""
    found = re.findall(r"/(?:srv|etc|var|usr)/[\w./@-]*bulkprofile[\w./@-]*", text)
    return {place.rstrip("/.") for place in found}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_each_service_runs_a_command_that_exists_and_takes_its_arguments(unit):
    [line] = lines(unit, "ExecStart")
    assert line.startswith(f"{PYTHON} ")
    name, *arguments = line.removeprefix(f"{PYTHON} ").split()
    command = load_command_class(get_commands()[name], name)
    given = command.create_parser("manage.py", name).parse_args(arguments)
    assert getattr(given, "queue", None) in {None, *settings.RQ_QUEUES}


def test_each_queue_has_its_worker_and_the_rest_is_there():
    started = {line.removeprefix(f"{PYTHON} ") for unit in SERVICES for line in lines(unit, "ExecStart")}
    assert started >= {"web", "sweep", *(f"worker {queue}" for queue in settings.RQ_QUEUES)}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_set_only_what_the_reference_knows(unit):
    names = [line.partition("=")[0] for line in lines(unit, "Environment")]
    assert set(names) <= set(VARIABLES)


def test_the_environment_file_sets_only_what_the_reference_knows_and_no_secret():
    given = re.findall(r"^#?([A-Z][A-Z_]*)=(.*)$", (DEPLOY / "environment.example").read_text(), re.MULTILINE)
    assert {name for name, _ in given} <= set(VARIABLES)
    assert {name for name, value in given if VARIABLES[name].secret and value} <= {"DATABASE_URL"}


def test_a_stop_reaches_the_process_that_watches_and_not_its_job():
    assert lines(COMMON, "KillMode") == ["mixed"]
    assert lines(COMMON, "NoNewPrivileges") == ["yes"]


def test_the_proxy_lets_as_much_through_as_the_web_server_takes():
    proxy = (DEPLOY / "nginx.conf").read_text()
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", proxy)
    assert int(megabytes) * 2**20 > settings.UPLOAD_SLICE_BYTES
    assert int(megabytes) * 1_000_000 >= settings.MAX_REQUEST_BYTES
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Host $host"):
        assert f"proxy_set_header {header};" in proxy


def test_the_image_holds_what_the_product_needs():
    copied = re.findall(r"^COPY (\S+) ", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert set(copied) == {"requirements.txt", "manage.py", "bulkprofile", "uploads", "templates"}
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert set(let_in) == set(copied)


@pytest.mark.parametrize("path", [*FILES, ROOT / "docs" / "backup.md"], ids=lambda path: path.name)
def test_all_files_name_the_places_that_the_guide_makes(path):
    made = re.findall(r"^(?:install|useradd|cd) .*$", GUIDE, re.MULTILINE)
    made += re.findall(r"`[^`]+` goes to `(\S+)`", GUIDE)
    # Where the certificate is, or an older state folder is put, is up to whoever runs it.
    places = {*named_in(" ".join(made)), "/etc/ssl/bulkprofile", "/var/lib/bulkprofile.broken"}
    named = named_in(path.read_text())
    assert [place for place in named if places.isdisjoint({place, *map(str, Path(place).parents)})] == []


def test_all_files_name_the_account_that_the_guide_makes():
    [account] = re.findall(r"^useradd .* (\S+)$", GUIDE, re.MULTILINE)
    image = (DEPLOY / "Containerfile").read_text()
    assert lines(COMMON, "User") == lines(COMMON, "Group") == [account]
    assert f"runuser -u {account} " in (DEPLOY / "bulkprofile").read_text()
    assert re.findall(r"^RUN useradd .* (\S+) \\$", image, re.MULTILINE) == [account]
    assert re.findall(r"^USER (\S+)$", image, re.MULTILINE) == [account]


def test_the_guide_enables_each_unit_that_is_to_run_and_the_proxy_asks_each_web_process():
    [enabled] = re.findall(r"^systemctl enable (bulkprofile.target(?:.*\\\n)*.*)$", GUIDE, re.MULTILINE)
    names = enabled.replace("\\", " ").split()
    wanted = [unit.name for unit in UNITS if lines(unit, "WantedBy") and unit.suffix != ".timer"]
    assert {re.sub(r"@\w+$", "@", name) for name in names} == {
        name.removesuffix(".service") for name in wanted
    }
    ports = re.findall(r"^ +server 127.0.0.1:(\d+);", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
    assert ports == [name.partition("@")[2] for name in names if name.startswith("bulkprofile-web@")]


def test_stopping_the_target_takes_until_the_last_service_has_stopped():
    # Else a newer release's `migrate` would begin while an older worker still ends its job.
    assert lines(COMMON, "PartOf") == ["bulkprofile.target"]
    assert "bulkprofile.target" in lines(COMMON, "After")[0].split()
