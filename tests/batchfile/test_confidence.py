"""What a sample says of the whole: the bound holds as often as it claims."""

import random
from math import comb

import pytest

from uploads.batchfile import draw, in_tenths_of_a_percent, most_missing


@pytest.mark.parametrize(
    ("looked_up", "missing", "percent"),
    [(50, 0, 5.9), (50, 1, 9.2), (50, 3, 14.8), (200, 0, 1.5), (1000, 0, 0.3), (1, 0, 95.0), (7, 7, 100.0)],
    ids=str,
)
def test_the_bound_is_that_of_clopper_and_pearson_rounded_up_to_a_tenth(looked_up, missing, percent):
    assert float(in_tenths_of_a_percent(most_missing(looked_up, missing))) == percent


@pytest.mark.parametrize("looked_up", [1, 10, 50, 200, 1000])
def test_without_a_missing_one_it_is_known_in_closed_form(looked_up):
    assert most_missing(looked_up, 0) == pytest.approx(1 - 0.05 ** (1 / looked_up), rel=1e-12)


@pytest.mark.parametrize(("share", "percent"), [(0.05, 5.0), (0.0500001, 5.1), (0.0, 0.0), (1.0, 100.0)])
def test_a_bound_is_rounded_up_and_never_down(share, percent):
    assert float(in_tenths_of_a_percent(share)) == percent


@pytest.mark.parametrize(("looked_up", "missing"), [(0, 0), (5, 6), (5, -1)])
def test_nothing_is_said_of_what_cannot_be(looked_up, missing):
    with pytest.raises(ValueError, match="looked up"):
        most_missing(looked_up, missing)


def test_of_a_thousand_losses_the_bound_holds_for_at_least_95_of_100():
    chance = random.Random("losses")
    holds = 0
    for loss in range(1000):
        rows = chance.randrange(60, 5000)
        lost = set(chance.sample(range(rows), chance.randrange(rows // 3)))
        missing = sum(row in lost for row in draw(rows, 50, seed=str(loss)))
        holds += len(lost) / rows <= most_missing(50, missing)
    assert holds >= 950


@pytest.mark.parametrize("looked_up", [10, 50])
@pytest.mark.parametrize("rows", [60, 400, 3000])
def test_no_loss_of_a_file_that_ends_escapes_the_bound_in_more_than_5_of_100_samples(rows, looked_up):
    # Exactly, over every sample there is: drawn without replacement.
    bounds = [most_missing(looked_up, missing) for missing in range(looked_up + 1)]
    for lost in range(0, rows + 1, max(1, rows // 200)):
        fooled = (seen for seen in range(looked_up + 1) if lost / rows > bounds[seen])
        ways = sum(comb(lost, seen) * comb(rows - lost, looked_up - seen) for seen in fooled)
        assert ways <= comb(rows, looked_up) * 5 // 100
