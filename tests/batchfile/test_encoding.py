import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.batchfile.encoding import (
    PercentEncodingError,
    decode_text,
    encode_header,
    encode_row,
    encode_text,
)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        pytest.param("AZaz09-._~", "AZaz09-._~", id="what stays bare"),
        pytest.param("a b", "a%20b", id="space"),
        pytest.param("a+b", "a%2Bb", id="plus"),
        pytest.param("Beer & Ale", "Beer%20%26%20Ale", id="ampersand"),
        pytest.param("100%", "100%25", id="percent"),
        pytest.param("%41", "%2541", id="what looks encoded"),
        pytest.param("a,b", "a%2Cb", id="comma"),
        pytest.param("a\nb\r\nc", "a%0Ab%0D%0Ac", id="line breaks unchanged"),
        pytest.param("é", "%C3%A9", id="two bytes"),
        pytest.param("😀", "%F0%9F%98%80", id="four bytes"),
        pytest.param("\x00", "%00", id="NUL"),
        pytest.param("!*'()", "%21%2A%27%28%29", id="what others leave bare"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_text_is_encoded_as_target_reads_it(text, encoded):  # F5
    assert encode_text(text) == encoded
    assert decode_text(encoded) == text


def test_the_header_begins_with_the_word_batch():  # F1
    assert encode_header(["thirdPartyId", "a b"]) == b"batch=thirdPartyId,a%20b\n"


def test_a_plus_in_a_batch_file_is_a_plus():  # F5
    assert decode_text("a+b") == "a+b"


@pytest.mark.parametrize("text", ["%", "a%2", "%zz", "%%41", "%FF", "%C3", "% 41", "%C3é"])
def test_broken_percent_encoding_is_refused(text):
    with pytest.raises(PercentEncodingError):
        decode_text(text)


@given(ANY_TEXT)
def test_text_is_encoded_as_the_standard_library_does(text):
    assert encode_text(text) == urllib.parse.quote(text, safe="")
    assert decode_text(encode_text(text)) == text


@given(st.lists(ANY_TEXT, min_size=1))
def test_a_row_is_its_encoded_cells(cells):
    assert encode_row(cells) == ",".join(urllib.parse.quote(cell, safe="") for cell in cells)
