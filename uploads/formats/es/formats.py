"""How Spanish writes days and times; see Django's FORMAT_MODULE_PATH."""

DATE_FORMAT = "j b Y"
DATETIME_FORMAT = "j b Y, H:i"
TIME_FORMAT = "H:i"
