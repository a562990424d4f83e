"""Excel workbooks made by hand, byte by byte under the control of the tests."""

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    '<numFmts count="5"><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd hh:mm"/>'
    '<numFmt numFmtId="166" formatCode="[h]:mm:ss"/><numFmt numFmtId="167" formatCode="00000"/>'
    '<numFmt numFmtId="168" formatCode="[$-C0A]00000000;@"/><numFmt numFmtId="169" formatCode="0.00"/>'
    '</numFmts><cellStyleXfs><xf numFmtId="167"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="165"/><xf numFmtId="166"/>'
    '<xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/></cellXfs>'
)
_OTHER_PARTS = (
    ("rIdStyles", "styles", "styles.xml"),
    ("rIdTexts", "sharedStrings", "sharedStrings.xml"),
)
# Places in the list of cell formats above.
DATE, DATE_AND_TIME, DURATION, FIVE_DIGITS, EIGHT_DIGITS, TWO_PLACES = range(1, 7)


def text(value: str) -> str:
    """A cell that holds text."""
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value: object, style: int = 0) -> str:
    """A cell that holds a number, a date for instance, as it is written in the file."""
    return f'<c s="{style}"><v>{value}</v></c>'


def boolean(value: bool) -> str:
    """A cell that holds TRUE or FALSE."""
    return f'<c t="b"><v>{int(value)}</v></c>'


def error(value: str) -> str:
    """A cell whose formula failed."""
    return f'<c t="e"><f>A1</f><v>{escape(value)}</v></c>'


EMPTY = "<c/>"


def shared(place: int) -> str:
    """A cell that refers to one of the texts that the workbook's cells share."""
    return f'<c t="s"><v>{place}</v></c>'


def rows(*cells: Iterable[str], first: int = 1) -> str:
    """The rows of a sheet from row number `first` on."""
    return "".join(f'<row r="{line}">{"".join(row)}</row>' for line, row in enumerate(cells, first))


def workbook(
    sheets: dict[str, str], hidden: Iterable[str] = (), texts: Iterable[str] = (), **parts: bytes
) -> bytes:
    """A workbook with the sheets, each the XML of its rows by its name.

    hidden: the sheets that are not shown; texts: those that cells share; parts: further files in it.
    """
    states = {True: "hidden", False: "visible"}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}" state="{states[name in hidden]}"/>'
        for n, name in enumerate(sheets, 1)
    )
    relations = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    files = {
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_TYPES}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations([*relations, *_OTHER_PARTS]),
        "xl/sharedStrings.xml": (
            f'<sst xmlns="{_MAIN}">{"".join(f"<si><t>{escape(text)}</t></si>" for text in texts)}</sst>'
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{_STYLES}</styleSheet>',
    }
    for n, data in enumerate(sheets.values(), 1):
        files[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
        )
    return zipped(files | parts)


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of the files, the same bytes whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def _relations(relations: Iterable[tuple[str, str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{id_}" Type="{_TYPES}/{kind}" Target="{target}"/>'
        for id_, kind, target in relations
    )
    return f'<Relationships xmlns="{_RELATIONS}">{listed}</Relationships>'
