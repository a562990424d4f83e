"""The verbs: everything that can be done with a batch, each owning its transactions."""

from .calls import CALLS_PER_MINUTE, account_of, pause, resume
from .cancel import can_cancel, cancel
from .check import check
from .decide import can_send_again, decide
from .deliver import deliver, release
from .destinations import (
    DESTINATION_FIELDS,
    FIXED_ONCE_USED,
    StillUsed,
    remove_destination,
    save_destination,
    set_token,
)
from .directory import (
    LastAdmin,
    deactivate,
    give_membership,
    reactivate,
    reset_second_factor,
    save_person,
    sign_out_everywhere,
    take_membership,
)
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
from .reports import correction_lines, examples_of, figures_of, open_problems
from .sweep import sweep

__all__ = [
    "CALLS_PER_MINUTE",
    "DESTINATION_FIELDS",
    "FIXED_ONCE_USED",
    "UNFINISHED_AT_TARGET",
    "Hold",
    "Lane",
    "LastAdmin",
    "Obstacle",
    "StillUsed",
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
    "deactivate",
    "decide",
    "deliver",
    "detection_of",
    "email_changed",
    "examples_of",
    "figures_of",
    "finish_upload",
    "follow",
    "give_membership",
    "lane_of",
    "locate",
    "located_rows",
    "obstacles",
    "open_problems",
    "password_changed",
    "password_reset",
    "pause",
    "problem_lines",
    "reactivate",
    "read_back",
    "read_back_of",
    "receive_whole",
    "refused_lines",
    "release",
    "remove_destination",
    "reset_second_factor",
    "resume",
    "save_destination",
    "save_person",
    "second_factor_changed",
    "sessions_ended",
    "set_token",
    "sign_in_failed",
    "sign_out_everywhere",
    "signed_in",
    "signed_out",
    "sweep",
    "take_membership",
]
