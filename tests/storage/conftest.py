"""A bucket, and the product with its files in it."""

import pytest

from tests.support.bucket import Bucket
from tests.workflow.conftest import released

__all__ = ["released"]


@pytest.fixture
def bucket(tmp_path, settings):
    """A running bucket in which the product keeps its files; copies lie in `copies` beside it."""
    bucket = Bucket(tmp_path / "buckets")
    bucket.start()
    bucket.use(settings, tmp_path / "copies")
    yield bucket
    bucket.stop()
