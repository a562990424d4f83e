"""Where files lie when that is not this machine's disk: a bucket that speaks S3, with copies on the disk.

Django finds `uploads.storage.s3.S3Storage` by the settings; nothing else needs boto3.
"""

from .cache import FileCache
from .errors import StorageUnavailable

__all__ = ["FileCache", "StorageUnavailable"]
