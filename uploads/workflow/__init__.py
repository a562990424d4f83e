"""The verbs: everything that can be done with a batch, each owning its transactions."""

from .calls import account_of, resume
from .cancel import can_cancel, cancel
from .check import check, open_problems, report_downloaded
from .deliver import deliver, release
from .follow import follow
from .people import password_changed, signed_in
from .receive import (
    UploadGone,
    UploadRefused,
    WrongOffset,
    append_slice,
    begin_upload,
    confirm_reading,
    detection_of,
    finish_upload,
    receive_whole,
)
from .sweep import sweep

__all__ = [
    "UploadGone",
    "UploadRefused",
    "WrongOffset",
    "account_of",
    "append_slice",
    "begin_upload",
    "can_cancel",
    "cancel",
    "check",
    "confirm_reading",
    "deliver",
    "detection_of",
    "finish_upload",
    "follow",
    "open_problems",
    "password_changed",
    "receive_whole",
    "release",
    "report_downloaded",
    "resume",
    "signed_in",
    "sweep",
]
