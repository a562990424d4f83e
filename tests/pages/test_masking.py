"""What a reviewer sees of values: their shape."""

import pytest

from uploads.pages.masking import masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", ""),
        ("A1", "••"),
        ("gold", "g•••"),
        ("C-100234", "C-••••••"),
        ("2024-05-01", "20••-••-••"),
        ("ana@example.com", "an•@•••••••.•••"),
        ("Køln, Süd", "Kø••, •••"),
        ("x" * 41, "xx" + "•" * 38 + "…"),
    ],
)
def test_a_value_shows_its_shape_and_little_else(value, shown):
    assert masked(value) == shown
