"""A bucket that speaks S3 as Django's storage: whole files in, local copies or streams out.

Raises FileNotFoundError for what the bucket certainly has not, and StorageUnavailable for all else that
goes wrong: an hour without the bucket must not look like files that are lost.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage as DjangoS3Storage
from storages.utils import clean_name
from urllib3.exceptions import HTTPError

from .cache import FileCache
from .errors import StorageUnavailable

logger = logging.getLogger(__name__)

#: Bytes read from the bucket at a time.
CHUNK = 1_000_000
#: What S3 takes in one request; anything longer goes up in pieces.
MOST_AT_ONCE = 5_000_000_000


class S3Storage(DjangoS3Storage):
    """Takes what django-storages' S3Storage takes, and the cache of local copies.

    cache_root: their folder. cache_bytes, cache_seconds: see `FileCache`.
    """

    def __init__(self, *, cache_root: Path, cache_bytes: int, cache_seconds: int, **settings):
        client_config = Config(
            signature_version="s3v4",
            s3={"addressing_style": settings.pop("addressing_style", "auto")},
            connect_timeout=4,
            read_timeout=20,
            # One more try, for what is away longer is waited for by whoever asked.
            retries={"mode": "standard", "total_max_attempts": 2},
        )
        super().__init__(client_config=client_config, **settings)
        self.cache = FileCache(Path(cache_root), cache_bytes, cache_seconds)
        # One for all threads, made before any worker forks: making one takes a fifth of a second.
        self._client = self.connection.meta.client

    def path(self, name: str) -> str:
        """A copy of the file as it is now, on the local disk; to be opened within an hour."""
        name = clean_name(name)
        try:
            etag = self._etag(name)
            copy = self.cache.find(name, etag) or self._fetch(name)
        except FileNotFoundError:
            self.cache.drop(name)
            raise
        return str(copy)

    def exists(self, name: str) -> bool:
        """Whether the bucket has the file; raises StorageUnavailable where it does not tell."""
        try:
            self._etag(clean_name(name))
        except FileNotFoundError:
            return False
        return True

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """The names under a prefix; none where there is nothing."""
        with _plain_errors():
            return super().listdir(name)

    def delete(self, name: str) -> None:
        """Delete a file, here as in the bucket; nothing where it is gone."""
        name = clean_name(name)
        with _plain_errors():
            self._client.delete_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
        self.cache.drop(name)

    def tidy_cache(self) -> None:
        """Remove local copies that nobody needs any more."""
        self.cache.tidy()

    def url(self, name, parameters=None, expire=None, http_method=None):
        """There is none: whoever downloads a file is asked for their rights."""
        raise NotImplementedError("Files of the bucket have no address for browsers.")

    def _open(self, name: str, mode: str = "rb") -> File:
        """The file as a stream that can be read once, from its beginning."""
        if mode != "rb":
            raise ValueError("Files of the bucket are read here; they are written whole, by `save`.")
        with _plain_errors():
            answer = self._get(name)
        return _Stream(answer["Body"], name, answer["ContentLength"])

    def _save(self, name: str, content: File) -> str:
        name, local = clean_name(name), getattr(content, "temporary_file_path", None)
        with _plain_errors():
            if local is None or content.size > MOST_AT_ONCE:
                super()._save(name, content)
                self.cache.drop(name)
                return name
            content.seek(0)
            # In one request, whose answer has the ETag of these very bytes.
            answer = self._client.put_object(
                Bucket=self.bucket_name,
                Key=self._normalize_name(name),
                Body=content.file,
                **self._get_write_parameters(name, content),
            )
        self.cache.take(Path(local()), name, answer["ETag"])
        self.cache.tidy()
        return name

    def _fetch(self, name: str) -> Path:
        with _plain_errors():
            answer = self._get(name)
            with closing(answer["Body"]) as body:
                copy = self.cache.put(name, answer["ETag"], body.iter_chunks(CHUNK))
        self.cache.tidy()
        return copy

    def _get(self, name: str) -> dict:
        return self._client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))

    def _etag(self, name: str) -> str:
        key = self._normalize_name(name)
        with _plain_errors():
            try:
                return self._client.head_object(Bucket=self.bucket_name, Key=key)["ETag"]
            except ClientError as error:
                if _status(error) != HTTPStatus.NOT_FOUND:
                    raise
            # The answer to HEAD has no body to say whether the file or the whole bucket is not there.
            answer = self._get(name)
            answer["Body"].close()
            return answer["ETag"]


class _Stream(File):
    """What comes from the bucket; size: its bytes."""

    def __init__(self, body, name: str, size: int):
        super().__init__(None, name)
        self._body = body
        self.size = size

    def read(self, size: int | None = None) -> bytes:
        """The next bytes, b"" at the end; raises StorageUnavailable where the connection breaks."""
        with _plain_errors():
            return self._body.read(size)

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()


@contextmanager
def _plain_errors() -> Iterator[None]:
    """The one place where what boto raises becomes what the house knows."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchKey":
            raise FileNotFoundError("The bucket has no such file.") from None
        logger.error("The bucket refused a request (%s, HTTP %s).", code, _status(error))
        raise StorageUnavailable(f"the bucket answered {code}") from None
    except (BotoCoreError, Boto3Error, HTTPError) as error:
        logger.error("The bucket cannot be reached (%s).", type(error).__name__)
        raise StorageUnavailable(f"the bucket cannot be reached: {type(error).__name__}") from None


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
