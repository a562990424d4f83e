"""What pages say of profiles that were read back: no more than the sample can."""

import pytest
from django.utils.translation import override

from uploads.models import ArrivalCheck
from uploads.pages.arrival import badge_of, estimate, summary_of


def check(**counts) -> ArrivalCheck:
    rows = {"rows": counts.pop("rows", 10_000), "left_out": counts.pop("left_out", 0)}
    return ArrivalCheck(sampled=sum(counts.values()), **rows, **counts)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"carrying": 50}, "50 of 50: with 95 % confidence less than 5.9 % of the rows are missing."),
        (
            {"carrying": 48, "differing": 1, "unknown": 1},
            "48 of 50: with 95 % confidence less than 12.1 % of the rows are missing.",
        ),
        (
            {"carrying": 45, "changed": 3, "unanswered": 2},
            "45 of 45: with 95 % confidence less than 6.5 % of the rows are missing.",
        ),
        ({"carrying": 200}, "200 of 200: with 95 % confidence less than 1.5 % of the rows are missing."),
        ({"unknown": 50}, "That says nothing about the other rows."),
        ({"changed": 49, "unanswered": 1}, "None of these profiles tells whether the batch arrived."),
        (
            {"carrying": 9, "unknown": 1, "rows": 10},
            "Every row was looked up: this is a count, not an estimate.",
        ),
        (
            {"carrying": 9, "rows": 10, "left_out": 1},
            "Every row was looked up: this is a count, not an estimate.",
        ),
        (
            {"carrying": 9, "unanswered": 1, "rows": 10},
            "9 of 9: with 95 % confidence less than 28.4 % of the rows are missing.",
        ),
    ],
    ids=[
        "all",
        "some missing",
        "some tell nothing",
        "more",
        "none",
        "untold",
        "whole",
        "refused",
        "unanswered",
    ],
)
def test_the_page_says_what_the_sample_can_say(counts, sentence):
    with override("en"):
        assert estimate(check(**counts)) == sentence


@pytest.mark.parametrize(
    ("language", "summary", "says", "badge"),
    [
        (
            "en",
            "49 of 50 sampled profiles carry the values sent.",
            "49 of 50: with 95 % confidence less than 9.2 % of the rows are missing.",
            "Sample: 49 of 50",
        ),
        (
            "es",
            "49 de 50 perfiles de la muestra tienen los valores enviados.",
            "49 de 50: con una confianza del 95 % falta menos del 9,2 % de las filas.",
            "Muestra: 49 de 50",
        ),
        (
            "fr",
            "49 profils sur 50 de l\u2019échantillon portent les valeurs envoyées.",
            "49 sur 50\u00a0: avec une confiance de 95\u00a0%, il manque moins de 9,2\u00a0% des lignes.",
            "Échantillon\u00a0: 49 sur 50",
        ),
    ],
    ids=["English", "Spanish", "French"],
)
def test_it_says_so_in_three_languages(language, summary, says, badge):
    found = check(carrying=49, unknown=1)
    with override(language):
        assert (summary_of(found), estimate(found)) == (summary, says)
        assert badge_of(found) == ("warning", badge)


@pytest.mark.parametrize(
    ("counts", "tone"),
    [
        ({"carrying": 5}, "done"),
        ({"carrying": 4, "changed": 1}, "done"),
        ({"carrying": 4, "differing": 1}, "warning"),
        ({"unanswered": 5}, "neutral"),
    ],
    ids=["all", "changed since", "missing", "no answer"],
)
def test_a_badge_warns_of_what_is_missing_and_never_calls_nothing_a_success(counts, tone):
    assert badge_of(check(**counts))[0] == tone
