"""How French writes days and times; see Django's FORMAT_MODULE_PATH."""

DATE_FORMAT = "j N Y"
DATETIME_FORMAT = "j N Y, H:i"
TIME_FORMAT = "H:i"
