"""What there is to say about where files lie, whatever kind of place that is."""

from .errors import StorageUnavailable

__all__ = ["StorageUnavailable"]
