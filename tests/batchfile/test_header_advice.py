"""For each way people name the id, the sentence that helps (F2, F4)."""

import pytest

from uploads.batchfile.keys import looks_like_pcid, suggest_key
from uploads.explanations import explain

from .checked import check_bytes

ECID = "12345678901234567890123456789012345678"
ECID_SENTENCE = (
    "these look like ECIDs, which this API cannot take; use the id that your pages send as mbox3rdPartyId, "
    "or Customer Attributes, which also need a source id such as a CRM or loyalty id."
)
SPELLING = "Target takes this name in exactly this spelling only, upper and lower case included."
OF_PAGES = "That is what pages call the same id; in a file its name is thirdPartyId."
OF_TARGET = "That is another name of the visitor id that Target makes; in a file its name is pcId."
OF_CUSTOMERS = "It seems to hold your own number of the customer"
ENDS_IN_ID = "Its name ends like that of an id"


def message(header: str, tmp_path, row: str = "x,y", **choices) -> str:
    result = check_bytes(f"{header}\n{row}\n".encode(), tmp_path, **choices)
    (problem,) = result.problems
    assert (problem.line, problem.code, problem.severity) == (1, "header-key", "error")
    return explain(problem)


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        pytest.param("mbox3rdPartyID", "thirdPartyId", OF_PAGES, id="mbox3rdPartyID"),
        pytest.param("mbox3rdPartyId", "thirdPartyId", OF_PAGES, id="mbox3rdPartyId"),
        pytest.param("mboxThirdPartyId", "thirdPartyId", OF_PAGES, id="mboxThirdPartyId"),
        pytest.param("thirdpartyid", "thirdPartyId", SPELLING, id="thirdpartyid"),
        pytest.param("ThirdPartyID", "thirdPartyId", SPELLING, id="ThirdPartyID"),
        pytest.param("third_party_id", "thirdPartyId", SPELLING, id="third_party_id"),
        pytest.param(" thirdPartyId", "thirdPartyId", SPELLING, id="with a space"),
        pytest.param("thridPartyId", "thirdPartyId", SPELLING, id="two letters changed places"),
        pytest.param("thirdPartId", "thirdPartyId", SPELLING, id="a letter is missing"),
        pytest.param("thirdPartyIds", "thirdPartyId", SPELLING, id="a letter too many"),
        pytest.param("PCID", "pcId", SPELLING, id="PCID"),
        pytest.param("PC Id", "pcId", SPELLING, id="PC Id"),
        pytest.param("tntId", "pcId", OF_TARGET, id="tntId"),
        pytest.param("TNT ID", "pcId", OF_TARGET, id="TNT ID"),
        pytest.param("mboxPC", "pcId", OF_TARGET, id="mboxPC"),
        pytest.param("customer_id", "thirdPartyId", OF_CUSTOMERS, id="customer_id"),
        pytest.param("CRM-ID", "thirdPartyId", OF_CUSTOMERS, id="CRM-ID"),
        pytest.param("patronId", "thirdPartyId", ENDS_IN_ID, id="patronId"),
    ],
)
def test_the_name_that_may_be_meant_is_proposed_with_its_reason(tmp_path, name, kind, sentence):
    said = message(f"{name},city", tmp_path)
    assert f"Is it {name}, as {kind}? {sentence}" in said
    assert "ECID" not in said


def test_values_of_targets_own_form_are_a_reason_too(tmp_path):
    said = message("visitor,city", tmp_path, row="1367320065048-801944.01_00,y")
    assert "Is it visitor, as pcId? Its values have the form of the visitor ids that Target makes." in said


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [
        pytest.param("ecid,city", "x,y", "ecid", id="by name"),
        pytest.param("city,Experience Cloud ID", "x,y", "Experience Cloud ID", id="by its long name"),
        pytest.param("id,city", f"{ECID},y", "id", id="by values"),
    ],
)
def test_a_file_with_ecids_only_gets_the_sentence_about_them(tmp_path, header, row, column):
    said = message(header, tmp_path, row=row)
    assert said == f"No column is named thirdPartyId or pcId. About the column {column}: {ECID_SENTENCE}"


def test_beside_a_column_of_ecids_the_right_one_is_proposed(tmp_path):
    said = message("ecid,customer_id", tmp_path)
    assert "Is it customer_id, as thirdPartyId?" in said
    assert said.endswith(f"About the column ecid: {ECID_SENTENCE}")


def test_a_row_with_an_ecid_gets_the_way_out_as_well(tmp_path):
    (problem,) = check_bytes(f"thirdPartyId,a\n{ECID},x\n".encode(), tmp_path).problems
    assert explain(problem).endswith(
        "Use the id that your pages send as mbox3rdPartyId, or Customer Attributes, which also need a source "
        "id such as a CRM or loyalty id."
    )


def test_a_name_with_the_prefix_profile_is_shown_without_it(tmp_path):  # F4
    (problem,) = check_bytes(b"thirdPartyId,profile.level\n1,x\n", tmp_path).problems
    assert "sent as “level”, it is shown there as “profile.level”" in explain(problem)


@pytest.mark.parametrize(
    "name", ["birthday", "party", "mbox", "3rdPartyCode", "third", "thirdPartyIdentifier"]
)
def test_names_that_only_remind_of_the_key_are_not_proposed(name):
    assert suggest_key([name], []) == (None, None)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("1367320065048-801944.01_00", True),
        ("1514187733806-729395", True),
        ("1514187733806-729395.35_0", True),
        ("1514187733806", False),
        ("1514187733806-729395.35", False),
        ("1514187733806-729395 ", False),
        ("a514187733806-729395", False),
    ],
)
def test_the_form_of_a_pcid(value, is_one):  # F2
    assert looks_like_pcid(value) == is_one
