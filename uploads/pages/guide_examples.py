"""A small file for each problem code, that file corrected, and what the check finds in it."""

from typing import NamedTuple

from uploads.batchfile import Notice, Problem


class Example(NamedTuple):
    """before: a file with the problem; after: without it; both empty where no few lines can show it.

    found: what the check says of `before`.
    """

    found: Problem | Notice
    before: bytes = b""
    after: bytes = b""


_HEADER = b"thirdPartyId,tier,city\n"

EXAMPLES = {
    "empty-file": Example(Problem(1, "", "empty-file", "", {}, 0), b"", _HEADER + b"C-1001,gold,Bogota\n"),
    "no-rows": Example(Problem(1, "", "no-rows", "", {}, 0), _HEADER, _HEADER + b"C-1001,gold,Bogota\n"),
    "not-a-csv": Example(
        Problem(1, "", "not-a-csv", "", {"kind": "html"}, 0),
        b"<!DOCTYPE html>\n<html><table><tr><td>C-1001</td></tr></table></html>\n",
        _HEADER + b"C-1001,gold,Bogota\n",
    ),
    "wrong-container": Example(Problem(1, "", "wrong-container", params={"chosen": "gzip", "found": "xlsx"})),
    "sheet-missing": Example(
        Problem(1, "", "sheet-missing", params={"sheet": "Customers", "found": ["Sheet1", "Sheet2"]})
    ),
    "unpacked-too-big": Example(Problem(1, "", "unpacked-too-big", params={"limit": 1_000_000_000})),
    "workbook-too-big": Example(
        Problem(1, "", "workbook-too-big", params={"cells": 3_000_000, "bytes": 300_000_000})
    ),
    "header-too-big": Example(Problem(1, "", "header-too-big", params={"limit": 1_000_000})),
    "too-many-columns": Example(
        Problem(1, "", "too-many-columns", params={"columns": 16_384, "limit": 10_000})
    ),
    "header-key": Example(
        Problem(1, "", "header-key", "", {"found": [], "reason": "missing"}, 0),
        b"customer,tier\nC-1001,gold\n",
        b"thirdPartyId,tier\nC-1001,gold\n",
    ),
    "header-name": Example(
        Problem(
            1,
            "profile.tier",
            "header-name",
            "profile.tier",
            {"reason": "profile-prefix", "length": 12, "limit": 128, "bare": "tier"},
            2,
        ),
        b"thirdPartyId,profile.tier\nC-1001,gold\n",
        b"thirdPartyId,tier\nC-1001,gold\n",
    ),
    "pcid-with-ecid": Example(
        Problem(1, "pcId", "pcid-with-ecid", "pcId", {}, 1),
        b"pcId,tier\n1367320065048-801944.01_00,gold\n",
        b"thirdPartyId,tier\nC-1001,gold\n",
    ),
    "header-duplicate": Example(
        Problem(1, "tier", "header-duplicate", "tier", {"name": "tier", "first_position": 2}, 3),
        b"thirdPartyId,tier,tier\nC-1001,gold,silver\n",
        b"thirdPartyId,tier,tier_before\nC-1001,gold,silver\n",
    ),
    "header-without-column": Example(Problem(1, "", "header-without-column", "tier", {"name": "tier"})),
    "undecodable": Example(
        Problem(4, "city", "undecodable", "Bogot\\xe1", {}, 2),
        b"thirdPartyId,city\nC-1001,M\xc3\xa1laga\nC-1002,C\xc3\xb3rdoba\nC-1003,Bogot\xe1\n",
        b"thirdPartyId,city\nC-1001,M\xc3\xa1laga\nC-1002,C\xc3\xb3rdoba\nC-1003,Bogot\xc3\xa1\n",
    ),
    "unclosed-quote": Example(
        Problem(2, "motto", "unclosed-quote", "Live well,Leon\n", {}, 2),
        b'thirdPartyId,motto,city\nC-1001,"Live well,Leon\nC-1002,Go on,Lima\n',
        b'thirdPartyId,motto,city\nC-1001,"Live well",Leon\nC-1002,Go on,Lima\n',
    ),
    "bad-percent-encoding": Example(
        Problem(2, "discount", "bad-percent-encoding", "10%", {}, 2),
        b"batch=thirdPartyId,discount\nC-1001,10%\n",
        b"batch=thirdPartyId,discount\nC-1001,10%25\n",
    ),
    "control-character": Example(
        Problem(2, "tier", "control-character", "gold\x0b", {"characters": ["U+000B"]}, 2),
        _HEADER + b"C-1001,gold\x0b,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-missing": Example(
        Problem(2, "thirdPartyId", "id-missing", "", {}, 1),
        _HEADER + b",gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-forbidden-character": Example(
        Problem(2, "thirdPartyId", "id-forbidden-character", "C/1001", {"characters": ["/"]}, 1),
        _HEADER + b"C/1001,gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-too-long": Example(
        Problem(2, "thirdPartyId", "id-too-long", "", {"length": 302, "limit": 256}, 1),
        _HEADER + b"C-" + b"1001-" * 60 + b",gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-looks-like-ecid": Example(
        Problem(2, "thirdPartyId", "id-looks-like-ecid", "12345678901234567890123456789012345678", {}, 1),
        _HEADER + b"12345678901234567890123456789012345678,gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-number-too-long": Example(Problem(2, "thirdPartyId", "id-number-too-long")),
    "id-duplicate": Example(
        Problem(3, "thirdPartyId", "id-duplicate", "C-1001", {"first_line": 2}, 1),
        _HEADER + b"C-1001,gold,Lima\nC-1001,silver,Lima\n",
        _HEADER + b"C-1001,silver,Lima\n",
    ),
    "too-many-values": Example(
        Problem(2, "", "too-many-values", " Peru", {"columns": 3, "surplus": 1, "cells": 4}, 4),
        _HEADER + b"C-1001,gold,Lima, Peru\n",
        _HEADER + b'C-1001,gold,"Lima, Peru"\n',
    ),
    "no-values": Example(
        Problem(2, "", "no-values", "", {}, 0), _HEADER + b"C-1001,,\n", _HEADER + b"C-1001,gold,\n"
    ),
    "row-too-big": Example(
        Problem(2, "", "row-too-big", "", {"bytes": 91012, "limit": 64000}, 0),
        _HEADER + b"C-1001,gold," + b"Lima " * 13000 + b"\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "row-near-limit": Example(
        Problem(2, "", "row-near-limit", "", {"bytes": 52010, "limit": 64000}, 0),
        b"thirdPartyId,tier,visited\nC-1001,gold," + b"Lima-" * 10399 + b"\n",
        b"thirdPartyId,tier,visited\nC-1001,gold,Lima\n",
    ),
    "value-not-proven": Example(
        Problem(2, "city", "value-not-proven", "Lima, Peru", {}, 3),
        _HEADER + b'C-1001,gold,"Lima, Peru"\n',
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "value-too-long": Example(
        Problem(2, "city", "value-too-long", "", {"length": 300, "limit": 256}, 3),
        _HEADER + b"C-1001,gold," + b"Lima " * 60 + b"\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "raw-plus": Example(
        Problem(2, "city", "raw-plus", "San+Jose", {}, 2),
        b"batch=thirdPartyId,city\nC-1001,San+Jose\n",
        b"batch=thirdPartyId,city\nC-1001,San%20Jose\n",
    ),
    "raw-ampersand": Example(
        Problem(2, "shop", "raw-ampersand", "Food&Wine", {}, 2),
        b"batch=thirdPartyId,shop\nC-1001,Food&Wine\n",
        b"batch=thirdPartyId,shop\nC-1001,Food%26Wine\n",
    ),
    "id-mangled-by-excel": Example(
        Problem(2, "thirdPartyId", "id-mangled-by-excel", "1.23457E+11", {}, 1),
        _HEADER + b"1.23457E+11,gold,Lima\n",
        _HEADER + b"123456789012,gold,Lima\n",
    ),
    "id-surrounding-spaces": Example(
        Problem(2, "thirdPartyId", "id-surrounding-spaces", "C-1001 ", {}, 1),
        _HEADER + b"C-1001 ,gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-looks-like-email": Example(
        Problem(5, "thirdPartyId", "id-looks-like-email", "ana@example.com", {}, 1),
        _HEADER + b"C-1001,gold,Lima\nC-1002,gold,Lima\nC-1003,gold,Lima\nana@example.com,gold,Lima\n",
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "id-not-pcid-form": Example(
        Problem(2, "pcId", "id-not-pcid-form", "C-1001", {}, 1),
        b"pcId,tier\nC-1001,gold\n",
        b"pcId,tier\n1514187733806-729395,gold\n",
    ),
    "null-words": Example(
        Notice("null-words", "tier", 1, params={"words": ["NULL"]}),
        _HEADER + b"C-1001,NULL,Lima\n",
        _HEADER + b"C-1001,,Lima\n",
    ),
    "comma-in-value": Example(
        Notice("comma-in-value", "city", 1),
        _HEADER + b'C-1001,gold,"Lima, Peru"\n',
        _HEADER + b"C-1001,gold,Lima\n",
    ),
    "line-break-in-value": Example(
        Notice("line-break-in-value", "address", 1),
        b'thirdPartyId,address\nC-1001,"Calle 5\nLima"\n',
        b"thirdPartyId,address\nC-1001,Calle 5 Lima\n",
    ),
}
