"""Numbers, sizes, tones and icons as the pages write them."""

import pytest
from django.template import Context, Template

from uploads.models import BatchState
from uploads.pages.delivery import PART_TONES
from uploads.pages.headline import TONES
from uploads.templatetags import figures


def rendered(source: str, **context) -> str:
    """What a template makes of the context."""
    return Template("{% load figures %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("size", "words"),
    [
        pytest.param(0, "0 bytes", id="nothing"),
        pytest.param(1, "1 byte", id="one"),
        pytest.param(999, "999 bytes", id="last-without-unit"),
        pytest.param(1000, "1 kB", id="first-kilobyte"),
        pytest.param(1_540, "1.5 kB", id="one-decimal"),
        pytest.param(999_949, "999.9 kB", id="just-below-rounding-up"),
        pytest.param(999_950, "1 MB", id="rounds-up-into-the-next-unit"),
        pytest.param(45_200_000, "45.2 MB", id="megabytes"),
        pytest.param(1_000_000_000, "1 GB", id="whole-numbers-without-decimals"),
        pytest.param(5_000_000_000_000_000, "5000 TB", id="beyond-the-last-unit"),
    ],
)
def test_a_size_is_written_in_decimal_units(size, words):
    assert figures.size_in_words(size) == words
    assert rendered("{{ size|bytes }}", size=size) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(0, "0", id="zero"),
        pytest.param(1234567, "1,234,567", id="separators"),
        pytest.param(None, "\N{EN DASH}", id="not-known-yet"),
    ],
)
def test_a_count_has_thousands_separators(value, words):
    assert rendered("{{ value|number }}", value=value) == words


def test_a_size_nobody_knows_is_a_dash():
    assert rendered("{{ size|bytes }}", size=None) == "\N{EN DASH}"


@pytest.mark.parametrize("state", BatchState, ids=str)
def test_every_state_of_a_batch_has_a_tone_and_a_shape(state):
    assert rendered("{{ state|state_tone|tone_icon }}", state=state.value)


def test_no_tone_speaks_by_colour_alone():
    assert set(TONES.values()) | set(PART_TONES.values()) <= set(figures.TONE_ICONS)
    assert len(set(figures.TONE_ICONS.values())) == len(figures.TONE_ICONS)


@pytest.mark.parametrize(
    ("level", "tone"),
    [("success", "done"), ("warning", "warning"), ("error", "error"), ("info", "neutral"), ("", "neutral")],
)
def test_messages_take_the_tone_of_their_level(level, tone):
    assert figures.message_tone(level) == tone


def test_an_icon_is_decoration_from_the_sprite():
    html = rendered('{% icon "send-fill" 14 "spin" %}')
    assert 'aria-hidden="true"' in html
    assert 'class="icon spin"' in html
    assert 'width="14"' in html
    assert "sprite.svg#send-fill" in html
