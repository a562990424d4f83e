"""Where files are kept, as the environment says."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from bulkprofile.file_storage import file_storage

COPIES = Path("/copies")


@pytest.fixture
def told(monkeypatch):
    """The storage that these variables make."""

    def told(**variables: str) -> dict:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return file_storage(COPIES)

    return told


def test_without_a_bucket_they_lie_in_the_local_folder(told):
    assert told(S3_REGION="eu-west-1")["BACKEND"].endswith("FileSystemStorage")


def test_a_bucket_alone_is_asked_as_whom_the_machine_is(told):
    storage = told(S3_BUCKET="profiles")
    assert storage["BACKEND"] == "uploads.storage.s3.S3Storage"
    options = storage["OPTIONS"]
    assert (options["bucket_name"], options["access_key"], options["secret_key"]) == ("profiles", None, None)
    assert (options["addressing_style"], options["object_parameters"]) == ("auto", {})
    assert (options["cache_root"], options["cache_seconds"]) == (COPIES, 4 * 3600)


def test_another_server_is_asked_with_the_bucket_in_the_path(told):
    options = told(S3_BUCKET="profiles", S3_ENDPOINT_URL="http://127.0.0.1:9000")["OPTIONS"]
    assert (options["endpoint_url"], options["addressing_style"]) == ("http://127.0.0.1:9000", "path")


def test_encryption_is_asked_for_with_each_file(told):
    options = told(S3_BUCKET="profiles", S3_ENCRYPTION="aws:kms", S3_KMS_KEY_ID="a-key")["OPTIONS"]
    assert options["object_parameters"] == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "a-key"}


@pytest.mark.parametrize(
    "variables",
    [
        {"S3_ACCESS_KEY_ID": "one"},
        {"S3_SECRET_ACCESS_KEY": "one"},
        {"S3_ENCRYPTION": "rot13"},
        {"S3_KMS_KEY_ID": "a-key"},
        {"FILE_CACHE_HOURS": "0"},
    ],
    ids=",".join,
)
def test_what_does_not_go_together_is_said_at_once(told, variables):
    with pytest.raises(ImproperlyConfigured):
        told(S3_BUCKET="profiles", **variables)
