"""Whether anything locked has a known vulnerability: `python -m tests.support.advisories LOCK` (`make lint`).

`pip-audit` asks the advisory service OSV about each locked version. Where that cannot be reached, as on a
machine without the internet, nobody can tell: that is said and is no failure. A vulnerability is, and so is
whatever keeps pip-audit from doing its work on this side.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ANSWER_SECONDS = 5
ALL_SECONDS = 120
#: How pip-audit's last words begin where the service does not answer, or not as it should.
_NO_SERVICE = re.compile(
    r"requests\.exceptions\.|pip_audit\._service\.|ERROR:pip_audit\._cli:.*(connect|service)", re.IGNORECASE
)
UNKNOWN = "Known vulnerabilities: not looked up, for the advisory service cannot be reached ({why})."


@dataclass(frozen=True)
class Verdict:
    """`said` is for people; `fails`: whether the lock must not be used like this."""

    said: str
    fails: bool = False


def look_up(lock: Path, *options: str) -> Verdict:
    """What the advisory service knows about everything in a lock with hashes; `options` are pip-audit's."""
    asked = ["--requirement", str(lock), "--vulnerability-service", "osv", "--timeout", str(ANSWER_SECONDS)]
    told = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *asked, *told, *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(UNKNOWN.format(why=f"no end after {ALL_SECONDS} s"))
    return judge(done.stdout, done.stderr)


def judge(report: str, complaints: str) -> Verdict:
    """What pip-audit's output comes to: its JSON report, where there is one, and its complaints."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _without_report(complaints)
    found = [
        f"  {each['name']} {each['version']}: {vulnerability['id']}{_fixed_in(vulnerability)}"
        for each in dependencies
        for vulnerability in each.get("vulns", [])
    ]
    skipped = [f"  {each['name']}: {each['skip_reason']}" for each in dependencies if "skip_reason" in each]
    if found:
        return Verdict("\n".join(["Known vulnerabilities in what is locked:", *found]), fails=True)
    if skipped:
        return Verdict("\n".join(["Known vulnerabilities: none, but these could not be judged:", *skipped]))
    return Verdict(f"Known vulnerabilities: none in {len(dependencies)} locked packages.")


def _without_report(complaints: str) -> Verdict:
    last = (complaints.strip().splitlines() or ["it said nothing"])[-1]
    if _NO_SERVICE.match(last):
        return Verdict(UNKNOWN.format(why=last.partition(":")[0].rpartition(".")[2]))
    return Verdict(f"pip-audit could not do its work: {last}", fails=True)


def _fixed_in(vulnerability: dict) -> str:
    versions = vulnerability.get("fix_versions")
    return f" (fixed in {', '.join(versions)})" if versions else ""


if __name__ == "__main__":
    verdict = look_up(Path(sys.argv[1]))
    sys.stdout.write(f"{verdict.said}\n")
    sys.exit(verdict.fails)
