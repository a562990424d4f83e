"""A bucket in a real server process that speaks S3 and keeps each object as a file below a folder."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.support.waiting import eventually
from uploads.runtime.processes import can_bind, free_port

NAME = "profiles"
#: For what looks at files on the disk, or breaks their folder to play a storage that fails; tests/storage
#: stops the bucket instead.
ON_DISK = pytest.mark.skipif(os.environ.get("STORAGE") == "s3", reason="needs its files on the disk")


class Bucket:
    """Its server can be stopped, and started again at the same address.

    objects: the folder in which an object lies by its key.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.objects = folder / NAME

    def start(self) -> None:
        """Start the server and wait for it."""
        command = [sys.executable, *self.arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.make()

    @property
    def arguments(self) -> list[str]:
        """What Python is called with to run its server."""
        return ["-m", "localbucket", str(self._folder), "--port", str(self._port)]

    def make(self) -> None:
        """Wait for the server, and make the bucket where there is none."""
        eventually(lambda: can_bind("127.0.0.1", self._port), "the bucket's server listens")
        if not self.objects.exists():
            self.client().create_bucket(Bucket=NAME)

    def stop(self) -> None:
        """End the server; what it holds stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self):
        """Somebody else who uses the same bucket."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": "path"}),
        )

    def use(self, settings, copies: Path) -> None:
        """Let the product keep its files here, with local copies in that folder."""
        options = {
            "bucket_name": NAME,
            "endpoint_url": self.url,
            "region_name": "eu-west-1",
            "access_key": "key",
            "secret_key": "secret",
            "addressing_style": "path",
            "cache_root": copies,
            "cache_bytes": 10**9,
            "cache_seconds": 4 * 3600,
        }
        settings.STORAGES = settings.STORAGES | {
            "default": {"BACKEND": "uploads.storage.s3.S3Storage", "OPTIONS": options}
        }
        # Objects are files below it: what a test does to one, somebody else has done in the bucket.
        settings.MEDIA_ROOT = self.objects
