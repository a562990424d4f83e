"""What the sandbox holds, asked over its own HTTP."""

import json

import requests


def profiles_at(sandbox, client: str = "sandbox") -> dict[str, dict[str, str]]:
    """Every stored profile of an account: id to attributes. `sandbox` has a `url`."""
    answer = requests.get(f"{sandbox.url}/sandbox/profiles.ndjson", params={"client": client}, timeout=60)
    stored = [json.loads(line) for line in answer.content.split(b"\n") if line]
    return {profile["id"]: profile["attributes"] for profile in stored}
