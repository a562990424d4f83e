"""What the server of `tests.support.forked` imports: the product with its own settings, and the check."""

import os

import django

from uploads import batchfile

os.environ["DJANGO_SETTINGS_MODULE"] = "bulkprofile.settings"
django.setup()
batchfile.warm_up()
