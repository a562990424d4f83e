"""Where files are kept: a folder on this machine, or a bucket that speaks S3 where S3_BUCKET names one."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from .environment import env_int, env_text

_LOCAL = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
        # A file keeps its exact name, and a newer one takes its place without a gap.
        "allow_overwrite": True,
    },
}
_ENCRYPTIONS = ("AES256", "aws:kms")


def file_storage(copies: Path) -> dict:
    """The entry of Django's STORAGES; copies: the folder for local copies of what is in a bucket.

    Raises ImproperlyConfigured.
    """
    bucket = env_text(
        "S3_BUCKET",
        "",
        "The bucket for all files ([storage.md](storage.md)); without one they lie below `BULKPROFILE_VAR`.",
    )
    in_bucket = _in_bucket(bucket) | {"object_parameters": _encryption()} | _copied(copies)
    return {"BACKEND": "uploads.storage.s3.S3Storage", "OPTIONS": in_bucket} if bucket else _LOCAL


def _in_bucket(bucket: str) -> dict:
    endpoint = env_text("S3_ENDPOINT_URL", "", "The server, where it is not Amazon's.", form="address")
    access_key = env_text(
        "S3_ACCESS_KEY_ID", "", "Who we are there; without it, whom the machine's own role says."
    )
    secret_key = env_text("S3_SECRET_ACCESS_KEY", "", "The key that goes with it.", secret=True)
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together.")
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "region_name": env_text("S3_REGION", "", "The bucket's region.") or None,
        "location": env_text("S3_PREFIX", "", "What the names of all objects begin with."),
        # Servers other than Amazon's seldom have a host name for each bucket.
        "addressing_style": env_text(
            "S3_ADDRESSING",
            "path" if endpoint else "auto",
            "How the bucket is named in addresses: `path`, `virtual` (in the host's name) or `auto`.",
            shown="`path` with `S3_ENDPOINT_URL`, else `auto`",
        ),
    }


def _encryption() -> dict[str, str]:
    """What is said with each file about its encryption at rest; nothing where the bucket decides."""
    wanted = env_text(
        "S3_ENCRYPTION", "", "Encryption at rest asked for with each file: `AES256` or `aws:kms`."
    )
    key = env_text("S3_KMS_KEY_ID", "", "The key that `aws:kms` takes.")
    if (wanted and wanted not in _ENCRYPTIONS) or (key and wanted != "aws:kms"):
        raise ImproperlyConfigured("S3_ENCRYPTION is AES256 or aws:kms; S3_KMS_KEY_ID goes with aws:kms.")
    said = {"ServerSideEncryption": wanted, "SSEKMSKeyId": key}
    return {name: value for name, value in said.items() if value}


def _copied(folder: Path) -> dict:
    """What `uploads.storage.FileCache` is told."""
    most_bytes = env_int(
        "FILE_CACHE_BYTES",
        20_000_000_000,
        "bytes",
        "What local copies of a bucket's files may take on each machine, but for those of the last hour.",
        own=True,
    )
    hours = env_int(
        "FILE_CACHE_HOURS", 4, "hours", "A local copy that nobody uses for so long goes; 1 or more.", own=True
    )
    if hours < 1:
        raise ImproperlyConfigured("FILE_CACHE_HOURS must be 1 or more.")
    return {"cache_root": folder, "cache_bytes": most_bytes, "cache_seconds": hours * 3600}
