"""Names of columns: by what a header is known again, and which name a column may be meant to have."""

import pytest

from uploads.batchfile import NameProposal, UsedNames, alike, shape_of

USED = ["tier", "loyaltyPoints", "city", "address2", "Ort", "größe"]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        pytest.param("Tier", NameProposal("tier", "used"), id="other case (F4)"),
        pytest.param("teir", NameProposal("tier", "used"), id="two letters swapped"),
        pytest.param("tieer", NameProposal("tier", "used"), id="a letter too many"),
        pytest.param("loyaltyPoint", NameProposal("loyaltyPoints", "used"), id="the last letter missing"),
        pytest.param("ier_", None, id="too short to tell"),
        pytest.param("tire", NameProposal("tier", "used"), id="the last two swapped"),
        pytest.param("cify", NameProposal("city", "used"), id="another letter"),
        pytest.param("Loyalty points", NameProposal("loyaltyPoints", "used"), id="written apart"),
        pytest.param("GRÖSSE", NameProposal("größe", "used"), id="sharp s in capitals"),
        pytest.param("profile.Tier", NameProposal("tier", "used"), id="prefix and case"),
        pytest.param("profile.segment", NameProposal("segment", "prefix"), id="prefix alone (F4)"),
        pytest.param(" segment ", NameProposal("segment", "spaces"), id="spaces"),
        pytest.param("tier", None, id="used before as it stands"),
        pytest.param("address3", None, id="another number is another name"),
        pytest.param("Art", None, id="three letters"),
        pytest.param("segment", None, id="like no other"),
        pytest.param("itier2", None, id="two slips"),
        pytest.param("profile.", None, id="nothing but the prefix"),
        pytest.param("", None, id="no name"),
        pytest.param("--", None, id="no letter"),
    ],
)
def test_a_column_s_name_is_compared_with_those_used_before(name, proposed):
    assert UsedNames(USED).proposal_for(name) == proposed


def test_of_several_names_the_one_used_last_is_proposed():
    assert UsedNames(["TIER", "tier"]).proposal_for("Tier") == NameProposal("TIER", "used")


def test_a_header_is_known_by_its_names_in_whatever_order():
    assert shape_of(["id", "tier", ""]) == shape_of(["tier", "", "id"])
    others = [["id", "Tier", ""], ["id", "tier"], ["id", "tier", "", ""], ["id,tier", ""]]
    assert len({shape_of(header) for header in [["id", "tier", ""], *others]}) == 5


def test_names_that_were_perhaps_meant_to_be_one_are_found_together():
    names = [
        "tier",
        "Tier",
        "teir",
        "city",
        "address1",
        "address2",
        "loyalty_points",
        "loyaltyPoints",
        "ab",
        "ac",
    ]
    assert alike(names) == {
        "tier": ["Tier", "teir"],
        "Tier": ["teir", "tier"],
        "teir": ["Tier", "tier"],
        "loyalty_points": ["loyaltyPoints"],
        "loyaltyPoints": ["loyalty_points"],
    }


def test_names_without_a_letter_are_like_no_other():
    assert alike(["-", "--", "_"]) == {}
