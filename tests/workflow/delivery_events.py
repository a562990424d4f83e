"""What can happen to released and scheduled batches, in any order."""

from uploads.models import Canary, Decision, PartState
from uploads.models.states import DECISIONS

#: What Target or the network does to a POST; all well where there is nothing.
POSTS = (
    None,
    {"kind": "http", "status": 503},
    {"kind": "http", "status": 401},
    {"kind": "http", "status": 400},
    {"kind": "http", "status": 500},
    {"kind": "http", "status": 502, "before_body": False},
    {"kind": "refuse"},
    {"kind": "redirect"},
    {"kind": "reset", "before_body": True},
    {"kind": "reset"},
    {"kind": "garbage"},
    {"kind": "foreign-status-url"},
    {"kind": "no-status-url"},
)
#: What Target or the network does to a poll.
POLLS = (
    None,
    {"kind": "stuck"},
    {"kind": "never-complete"},
    {"kind": "http", "status": 404},
    {"kind": "http", "status": 401},
    {"kind": "http", "status": 503},
    {"kind": "reset"},
    {"kind": "garbage"},
)

ANY_PART = range(12)
#: What can happen, how often in comparison, and between what there is to choose.
EVENTS = (
    (
        "deliver",
        6,
        {
            "number": ANY_PART,
            "fault": (None, None, None, *POSTS),
            "meanwhile": ("", "", "", "given up", "stopped", "decided"),
            "decision": DECISIONS[PartState.IN_DOUBT],
        },
    ),
    (
        "die_while_delivering",
        2,
        {"number": ANY_PART, "last": ("claimed", "sending", "body left", "answer kept")},
    ),
    ("find_no_connection", 1, {"number": ANY_PART}),
    ("follow", 3, {"number": ANY_PART, "fault": POLLS}),
    ("let_a_day_pass", 1, {"number": ANY_PART}),
    ("let_time_pass", 5, {}),
    ("sweep", 3, {}),
    ("compare", 3, {}),
    ("decide", 3, {"number": ANY_PART, "decision": DECISIONS[PartState.IN_DOUBT]}),
    ("decide", 1, {"number": ANY_PART, "decision": tuple(Decision)}),
    ("enter_a_new_token", 1, {}),
    ("release", 2, {"parts": (1, 2, 3)}),
    ("send_first_rows_alone", 2, {"parts": (1, 2), "then": tuple(Canary.Then)}),
    ("look_first_rows_up", 3, {}),
    ("send_the_rest", 2, {"number": ANY_PART}),
    ("schedule", 3, {"parts": (1, 2), "alone": (0, 1)}),
    ("give_the_time_up", 1, {"number": ANY_PART}),
    ("change_where_it_goes", 1, {}),
    ("let_the_chosen_time_come", 2, {}),
    ("stop_a_batch", 1, {"number": ANY_PART}),
)
