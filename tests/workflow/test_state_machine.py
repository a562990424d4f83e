"""Released and scheduled batches in any order of events; STATE_MACHINE_STEPS=100000 makes a night of it."""

import os

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from .delivery_machine import Delivery, World

pytestmark = pytest.mark.django_db(transaction=True)

STEPS_A_RUN = 30
SHORT_FORM = 300


def test_whatever_happens_nothing_is_lost_sent_twice_or_falsely_accepted(
    destination, uploader, reviewer, settings, tmp_path, valkey
):
    steps = int(os.environ.get("STATE_MACHINE_STEPS", SHORT_FORM))
    Delivery.world = World(settings, tmp_path, destination, uploader, reviewer)
    run_state_machine_as_test(
        Delivery,
        settings=hypothesis.settings(
            max_examples=max(1, steps // STEPS_A_RUN),
            stateful_step_count=STEPS_A_RUN,
            # The short form is the same each time; a long one looks where nobody has looked.
            derandomize=steps <= SHORT_FORM,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
