"""What a sample says about the whole file it was drawn from."""

import math
from fractions import Fraction

#: In so many of all samples the bound may be below what is missing: 95 % confidence.
MISTAKEN = 0.05
#: Halvings of an interval of width 1: far below the tenth of a percent that is shown.
_HALVINGS = 60


def most_missing(looked_up: int, missing: int) -> float:
    """The share of a file's rows that is missing is below this, with 95 % confidence.

    The exact one-sided upper bound of Clopper and Pearson for `missing` of `looked_up` rows: the share at
    which so few missing ones, or fewer, would be seen in only 5 of 100 samples; where none is missing,
    1 - 0.05 ** (1 / looked_up). It is made for draws with replacement. Ours are without, from a file that
    ends: they vary less, so that the bound errs on the safe side, the more the larger a part of the file was
    looked up. It asks that every choice of rows was as likely as any other (`sampling.draw`).

    Raises ValueError where nothing was looked up, or more is missing than that.
    """
    if not 0 <= missing <= looked_up or looked_up == 0:
        raise ValueError("At least one row is looked up, and no more are missing.")
    if missing == looked_up:
        return 1.0
    low, high = missing / looked_up, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _at_most(missing, looked_up, middle) > MISTAKEN:
            low = middle
        else:
            high = middle
    return high


def in_tenths_of_a_percent(share: float) -> Fraction:
    """A share as a percentage, rounded up to a tenth: 0.058155 is 5.9, as a bound must never look smaller."""
    # What the arithmetic is off by must not lift a bound that is a tenth exactly.
    return Fraction(math.ceil(share * 1000 - 1e-9), 10)


def _at_most(successes: int, draws: int, chance: float) -> float:
    """How likely so many successes, or fewer, are in so many draws."""
    return math.fsum(_exactly(each, draws, chance) for each in range(successes + 1))


def _exactly(successes: int, draws: int, chance: float) -> float:
    # By logarithms: of a thousand draws neither factor is a float.
    ways = math.lgamma(draws + 1) - math.lgamma(successes + 1) - math.lgamma(draws - successes + 1)
    return math.exp(ways + successes * math.log(chance) + (draws - successes) * math.log1p(-chance))
