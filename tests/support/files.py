"""Small files of made-up people."""

BY_PCID = b"pcId,tier\n1514187733806-729395,gold\n"
GOOD = b"thirdPartyId,tier,city\nA1,gold,Oslo\nA2,silver,K\xc3\xb8ln\nA3,,Lima\n"
SOME_BAD = b"thirdPartyId,tier\nA1,gold\nA/2,silver\nA1,bronze\n,gold\nA4,iron\n"
ALL_BAD = b"thirdPartyId,tier\nA/1,gold\n"
NO_KEY = b"tier,customer_id\ngold,A1\nsilver,A2\n"
ONLY_HEADER = b"thirdPartyId,tier\n"
