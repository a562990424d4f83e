"""How English writes days and times; see Django's FORMAT_MODULE_PATH."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
