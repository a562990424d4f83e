"""What goes wrong with storage, whatever kind it is."""

import errno


class StorageUnavailable(OSError):
    """The storage cannot be used now: whether it has a file is not known, and nothing may follow from it.

    What storage says it has not is a FileNotFoundError, and only that.
    """

    def __init__(self, why: str):
        super().__init__(errno.EIO, why)
