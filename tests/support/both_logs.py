"""The product's settings, with its log in both formats: text as usual, and JSON in a file of the folder."""

from bulkprofile.observing import FORMATTERS
from bulkprofile.settings import *  # noqa: F403
from bulkprofile.settings import LOGGING, VAR
from uploads.tracing import TRACE

LOG_NAME = "json.log"

LOGGING["formatters"] = FORMATTERS
LOGGING["handlers"]["json"] = {
    "class": "logging.FileHandler",
    "filename": VAR / LOG_NAME,
    "formatter": "json",
}
LOGGING["root"]["handlers"] = ["console", "json"]
LOGGING["loggers"][TRACE] = {"level": "INFO"}
