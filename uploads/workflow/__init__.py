"""The verbs: everything that can be done with a batch, each owning its transactions."""

from .calls import CALLS_PER_MINUTE, account_of, pause, resume
from .cancel import can_cancel, cancel
from .check import check
from .decide import can_send_again, decide
from .deliver import deliver, release
from .follow import follow
from .lanes import UNFINISHED_AT_TARGET, Hold, Lane, Obstacle, lane_of, obstacles
from .people import (
    confirmed,
    email_changed,
    password_changed,
    password_reset,
    second_factor_changed,
    sessions_ended,
    sign_in_failed,
    signed_in,
    signed_out,
)
from .read_back import ask_to_read_back, read_back, read_back_of
from .receive import (
    UploadGone,
    UploadRefused,
    WrongOffset,
    adjust_reading,
    append_slice,
    begin_upload,
    confirm_reading,
    detection_of,
    finish_upload,
    receive_whole,
)
from .refusals import locate, located_rows, refused_lines
from .reports import correction_lines, figures_of, open_problems
from .sweep import sweep

__all__ = [
    "CALLS_PER_MINUTE",
    "UNFINISHED_AT_TARGET",
    "Hold",
    "Lane",
    "Obstacle",
    "UploadGone",
    "UploadRefused",
    "WrongOffset",
    "account_of",
    "adjust_reading",
    "append_slice",
    "ask_to_read_back",
    "begin_upload",
    "can_cancel",
    "can_send_again",
    "cancel",
    "check",
    "confirm_reading",
    "confirmed",
    "correction_lines",
    "decide",
    "deliver",
    "detection_of",
    "email_changed",
    "figures_of",
    "finish_upload",
    "follow",
    "lane_of",
    "locate",
    "located_rows",
    "obstacles",
    "open_problems",
    "password_changed",
    "password_reset",
    "pause",
    "read_back",
    "read_back_of",
    "receive_whole",
    "refused_lines",
    "release",
    "resume",
    "second_factor_changed",
    "sessions_ended",
    "sign_in_failed",
    "signed_in",
    "signed_out",
    "sweep",
]
