"""What the sandbox holds, asked over its own HTTP."""

import json

import requests


def profiles_at(url: str, client: str = "sandbox") -> dict[str, dict[str, str]]:
    """Every stored profile of an account: id to attributes."""
    answer = requests.get(f"{url}/sandbox/profiles.ndjson", params={"client": client}, timeout=60)
    stored = [json.loads(line) for line in answer.content.split(b"\n") if line]
    return {profile["id"]: profile["attributes"] for profile in stored}


def received_at(url: str) -> dict[str, int]:
    """How often each body arrived, by its SHA-256."""
    answer = requests.get(f"{url}/sandbox/batches.json", timeout=10)
    return {body["sha256"]: body["received"] for body in answer.json()}
