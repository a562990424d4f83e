"""The sentences about files that are not what they should be, by the kinds that the engine tells apart."""

from django.utils.translation import gettext_lazy as _

NOT_A_CSV = {
    "pdf": _("The file is a PDF document: pages for reading, not rows of data."),
    "html": _("The file is a web page (HTML), whatever its name says; some systems export one as “Excel”."),
    "xml": _("The file is XML, not a table of rows and columns."),
    "json": _("The file is JSON, not a table of rows and columns."),
    "rtf": _("The file is a text document (RTF), not a table of rows and columns."),
    "image": _("The file is a picture."),
    "data-file": _("The file is a data file for programs (Parquet, Avro or SQLite), not text."),
    "xls": _("The file is a workbook in Excel's old format (.xls), which cannot be read here."),
    "other-spreadsheet": _("The file is a spreadsheet, but not an Excel workbook in the format .xlsx."),
    "office-document": _("The file is an Office document, but not an Excel workbook."),
    "encrypted-workbook": _("The workbook is protected with a password, so it cannot be opened here."),
    "broken-workbook": _("The file seems to be an Excel workbook, but it is damaged or incomplete."),
    "workbook-without-sheets": _("The workbook has no sheet with cells."),
    "archive": _(
        "The file is a ZIP archive with {files} files in it; it has to hold exactly one, which is a CSV."
    ),
    "archive-in-archive": _("The archive holds another archive or a workbook; it has to hold a CSV."),
    "encrypted-archive": _("The ZIP archive is protected with a password, so it cannot be unpacked here."),
    "broken-archive": _(
        "The archive is damaged or incomplete, or it is packed in a way that cannot be unpacked here. "
        "Nothing of it is used."
    ),
    "other-archive": _("The file is an archive of a kind that is not read here; .zip and .gz are."),
}
IN_ARCHIVE = _("This is what the archive holds:")

CONTAINERS = {
    None: _("a plain file"),
    "gzip": _("a file packed with gzip"),
    "zip": _("a ZIP archive"),
    "xlsx": _("an Excel workbook"),
}
