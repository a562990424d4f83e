"""The words about each problem code: its title, what is wrong, what to do; parameters stand in braces."""

from django.utils.translation import gettext_lazy as _

TITLES = {
    "empty-file": _("The file is empty"),
    "no-rows": _("No rows below the header"),
    "not-a-csv": _("Not a CSV file"),
    "wrong-container": _("Not packed as expected"),
    "sheet-missing": _("No such sheet"),
    "unpacked-too-big": _("Too much in the archive"),
    "workbook-too-big": _("Workbook too big"),
    "header-too-big": _("Header too long to be one"),
    "too-many-columns": _("Too many columns"),
    "header-key": _("No column named as the visitor's id"),
    "header-name": _("Column name that cannot be sent"),
    "header-duplicate": _("Column name used twice"),
    "header-without-column": _("Expected column not in the file"),
    "pcid-with-ecid": _("Destination that takes no pcIds"),
    "undecodable": _("Text that cannot be decoded"),
    "unclosed-quote": _("Quotation mark never closed"),
    "bad-percent-encoding": _("Broken percent-encoding"),
    "control-character": _("Invisible control character"),
    "id-missing": _("Id missing"),
    "id-forbidden-character": _("Id with + or /"),
    "id-too-long": _("Id too long"),
    "id-number-too-long": _("Id that Excel has cut off"),
    "id-looks-like-ecid": _("Experience Cloud ID instead of a Target id"),
    "id-duplicate": _("Id used before"),
    "too-many-values": _("More values than columns"),
    "no-values": _("No values to send"),
    "row-too-big": _("Row too big"),
    "row-near-limit": _("Row near the limit of a profile"),
    "value-not-proven": _("Value with a comma or a line break"),
    "value-too-long": _("Long value"),
    "raw-plus": _("Plus sign that is not encoded"),
    "raw-ampersand": _("Ampersand that is not encoded"),
    "id-mangled-by-excel": _("Id changed by Excel"),
    "id-surrounding-spaces": _("Spaces around the id"),
    "id-looks-like-email": _("E-mail address instead of an id"),
    "id-not-pcid-form": _("Not the form of a pcId"),
    "null-words": _("Words that stand for no value"),
    "comma-in-value": _("Values with a comma"),
    "line-break-in-value": _("Values with a line break"),
}

EXPLANATIONS = {
    "empty-file": _("The file has no content at all."),
    "no-rows": _("The file has a header, but no row with content below it: there is nothing to send."),
    "wrong-container": _("The file was to be read as {chosen}, but it is {found}."),
    "sheet-missing": _("The workbook has no sheet {sheet} with cells; it has: {found}."),
    "unpacked-too-big": _("The archive holds more than {limit} bytes (our limit, not Target's)."),
    "workbook-too-big": _(
        "The workbook is too big to be read as it is: at most {cells} cells and {bytes} bytes unpacked (our "
        "limits, not Target's)."
    ),
    "header-too-big": _(
        "The first row is longer than {limit} bytes (our limit, not Target's), so it is not read as a row of "
        "column names."
    ),
    "too-many-columns": _(
        "The header has {columns} columns; at most {limit} are read (our limit, not Target's)."
    ),
    "undecodable": _(
        "These bytes are not text in the file's encoding, and nobody can tell which characters were meant."
    ),
    "unclosed-quote": _(
        "A quotation mark opens this value, and none closes it before a separator or a line's end, within a "
        "million bytes (our limit, not Target's). The following lines were read as rows of their own."
    ),
    "bad-percent-encoding": _(
        "The file is in batch format, but this is not valid percent-encoding: a % must be followed by two "
        "hexadecimal digits, and together they must spell text in UTF-8."
    ),
    "control-character": _(
        "This contains an invisible control character ({characters}), most often left over from an export "
        "or from copying."
    ),
    "id-missing": _("The row has no id, so Target cannot know which visitor it is about."),
    "id-forbidden-character": _(
        "The id contains {characters}. Target does not take + or / in a thirdPartyId."
    ),
    "id-too-long": _("The id has {length} characters; Target takes at most {limit} in a thirdPartyId."),
    "id-looks-like-ecid": _(
        "The id has exactly 38 digits, like an Experience Cloud ID (ECID). This way into Target does not "
        "know ECIDs: the values would reach nobody."
    ),
    "id-number-too-long": _(
        "The workbook holds the id as a number of more than 15 digits. Excel keeps the first 15 only; the "
        "others are not what was entered."
    ),
    "id-duplicate": _(
        "The row in line {first_line} has the same id. Only the first good row of an id is sent, because "
        "of two rows for one visitor Target would keep one without saying which."
    ),
    "too-many-values": _(
        "The row has a value beyond the last of the {columns} columns of the header, so it is unclear which "
        "value belongs to which column."
    ),
    "no-values": _("The row has no value besides the id: there is nothing to update."),
    "row-too-big": _(
        "The row takes {bytes} bytes once encoded for sending; at most {limit} are safe, because Target "
        "keeps no more than 64 KB for a profile."
    ),
    "row-near-limit": _(
        "The names and values of this row take {bytes} bytes of its profile. Target keeps no more than 64 KB "
        "for a profile, all that your pages and other sources set included, and may drop data beyond that."
    ),
    "header-without-column": _(
        "The file is to be read with a choice about a column {name} (another name, not sent, or a value "
        "instead of blanks), but the header has no such column (letter case matters)."
    ),
    "pcid-with-ecid": _(
        "The file goes by pcId. This destination's account uses Experience Cloud IDs (ECID) for anonymous "
        "visitors, and there version 2 of the API does not take pcIds."
    ),
    "value-not-proven": _(
        "The value contains a comma or a line break. Nobody has promised that every Target server treats "
        "these well, and this destination rejects them."
    ),
    "id-mangled-by-excel": _(
        "The id looks like a long number that Excel has rounded ({value}); nobody can tell the digits that "
        "it left out."
    ),
    "id-surrounding-spaces": _(
        "There are spaces before or after the id. Target compares ids exactly, so it would not recognise "
        "the visitor whose id has no such spaces."
    ),
    "id-looks-like-email": _("The id looks like an e-mail address, unlike most ids of this file."),
    "id-not-pcid-form": _(
        "The id does not have the form of a pcId, such as 1367320065048-801944.01_00: it may not be one that "
        "Target made."
    ),
    "null-words": _(
        "Rows with nothing but {words} in the column {column}: {count}. It is sent as text, so Target would "
        "keep that word as the visitor's value."
    ),
    "comma-in-value": _(
        "Values with a comma in the column {column}: {count}. They are encoded as they must be, but nobody "
        "has promised that every Target server treats them well."
    ),
    "line-break-in-value": _(
        "Values with a line break in the column {column}: {count}. They are encoded as they must be, but "
        "nobody has promised that every Target server treats them well."
    ),
    "raw-plus": _(
        "The file is in batch format, where Target takes a bare + for a space. It is read as the plus that "
        "stands there, and sent so that Target gets a plus."
    ),
    "raw-ampersand": _(
        "The file is in batch format, where a bare & would end the batch at Target. It is read as the "
        "character that stands there, and sent so that Target gets it."
    ),
    "value-too-long": _(
        "The value has {length} characters. It is sent; but your pages can send only {limit} for the same "
        "attribute, so Target may compare it wrongly or replace it by a shorter one."
    ),
}

REFUSED = _("Target took the batch, but lists this row as failed. It does not say why.")
REFUSED_ADVICE = _(
    "Check the id and the values, correct them and upload this file; without a mistake it may work again as "
    "it is."
)

ADVICE = {
    "empty-file": _("Export the file again and check that it is not empty before you upload it."),
    "no-rows": _("Check the filter of your export and upload the file again."),
    "not-a-csv": _(
        "Export the rows as CSV (in Excel: Save As, then CSV UTF-8; elsewhere: choose CSV) and upload that."
    ),
    "wrong-container": _("Choose how to read the file anew, or upload the right one."),
    "sheet-missing": _("Choose one of the workbook's sheets."),
    "unpacked-too-big": _("Split the file into several."),
    "workbook-too-big": _("Save the sheet as CSV (in Excel: Save As, then CSV UTF-8) and upload that file."),
    "header-too-big": _(
        "Check that the first row holds the column names and that each row is on a line of its own."
    ),
    "too-many-columns": _("Export only the columns that you want to send."),
    "header-key": _(
        "Choose the column that holds the visitor's id, or name it thirdPartyId or pcId in the file."
    ),
    "header-name": _("Rename the column, or remove it from the export."),
    "header-duplicate": _("Rename or remove one of the two columns."),
    "undecodable": _("Choose the right encoding, or export the file again as UTF-8 (in Excel: CSV UTF-8)."),
    "unclosed-quote": _("Close the quotation mark, or write a quotation mark inside a value twice."),
    "bad-percent-encoding": _(
        "Encode the value correctly, a lone % as %25, or upload the original CSV instead."
    ),
    "control-character": _("Remove the character from the source of the data."),
    "id-missing": _("Fill in the id, or remove the row."),
    "id-forbidden-character": _("Use an id without these characters, the same one that your pages send."),
    "id-too-long": _("Use a shorter id, the same one that your pages send."),
    "id-looks-like-ecid": _(
        "Use the id that your pages send as mbox3rdPartyId, or Customer Attributes, which also need a source "
        "id such as a CRM or loyalty id."
    ),
    "id-number-too-long": _(
        "Put the ids into a column formatted as text, again from where they come from, and save the workbook."
    ),
    "id-duplicate": _("Bring the values of one visitor together in one row."),
    "too-many-values": _(
        "Put values that contain the separator in quotation marks, or name the missing column."
    ),
    "no-values": _("Fill in at least one value, or remove the row."),
    "row-too-big": _("Send fewer or shorter values for this visitor."),
    "row-near-limit": _("Send fewer or shorter values for this visitor."),
    "header-without-column": _("Check what is chosen for single columns, or whether it is the right file."),
    "pcid-with-ecid": _(
        "Choose the column with the id that your pages send as mbox3rdPartyId, as thirdPartyId; or ask an "
        "admin for a destination with version 1, which updates known visitors by pcId."
    ),
    "value-not-proven": _("Write the value without commas and line breaks."),
    "raw-plus": _("Write %2B for a plus; if a space is meant, write %20."),
    "raw-ampersand": _("Write %26 for the character; if the batch was to end there, remove the rest."),
    "value-too-long": _("Shorten the value if your pages use the same attribute."),
    "id-mangled-by-excel": _(
        "Export the ids again from where they come from, and do not open the file in Excel in between."
    ),
    "id-surrounding-spaces": _("Have the spaces trimmed, unless your pages send the id with them."),
    "id-looks-like-email": _("Check that it is the id that your pages send."),
    "id-not-pcid-form": _(
        "Check that the column holds pcIds, not an id of your own (that is a thirdPartyId)."
    ),
    "null-words": _("Have these words treated as blank: then the words are not sent."),
    "comma-in-value": _("After sending, read one of these profiles back and compare."),
    "line-break-in-value": _("After sending, read one of these profiles back and compare."),
}

KEY_EXPLANATIONS = {
    "missing": _(
        "No column is named thirdPartyId or pcId, so it is unclear which one holds the visitor's id."
    ),
    "several": _(
        "More than one column is named thirdPartyId or pcId ({found}); a file can have only one key."
    ),
    "repeated": _("The column {chosen}, which should hold the id, is in the header more than once."),
    "not-in-header": _("The header has no column {chosen}, which should hold the id (letter case matters)."),
    "ecid": _("No column is named thirdPartyId or pcId."),
}
KEY_SUGGESTION = _("Is it {suggested_column}, as {suggested_key}?")
KEY_REASONS = {
    "exact": _("It has the right name."),
    "spelling": _("Target takes this name in exactly this spelling only, upper and lower case included."),
    "page-parameter": _("That is what pages call the same id; in a file its name is {suggested_key}."),
    "target-id": _("That is another name of the visitor id that Target makes; in a file its name is pcId."),
    "values": _("Its values have the form of the visitor ids that Target makes."),
    "customer-number": _(
        "It seems to hold your own number of the customer, which is right if your pages send the same as "
        "mbox3rdPartyId."
    ),
    "ends-in-id": _(
        "Its name ends like that of an id, which is right if your pages send the same as mbox3rdPartyId."
    ),
}
ECID_COLUMN = _(
    "About the column {ecid_column}: these look like ECIDs, which this API cannot take; use the id that your "
    "pages send as mbox3rdPartyId, or Customer Attributes, which also need a source id such as a CRM or "
    "loyalty id."
)
NAME_EXPLANATIONS = {
    "empty": _("Column {position} has no name."),
    "too-long": _("The name of column {position} has {length} characters; Target takes at most {limit}."),
    "profile-prefix": _(
        "The name begins with “profile.”; Target adds that itself, and would file the values under a name "
        "that nobody looks for: sent as “{bare}”, it is shown there as “{value}”."
    ),
    "control-character": _("The name contains an invisible control character."),
}
DUPLICATES = {
    "kept_line": _(
        "The row in line {kept_line} has the same id. Only the last good row of an id is sent, as chosen for "
        "this file."
    ),
    "other_line": _(
        "The row in line {other_line} has the same id. None of the rows with one id is sent, as chosen for "
        "this file."
    ),
}
DUPLICATE_COLUMN = _("Columns {first_position} and {position} would both be sent as {name}.")
TOO_BIG_TO_READ = _(
    "The row is longer than {limit} bytes (our limit, not Target's); it was not read to its end."
)
UNDECODABLE_BELOW = _(
    "These bytes, on line {at_line}, are not text in the file's encoding, and nobody can tell which "
    "characters were meant."
)
QUOTE_IN_HEADER = _(
    "A quotation mark opens this column name, and none closes it before a separator or a line's end."
)
LEFT_EMPTY = _("It is left empty here; it was read as: {value}")
