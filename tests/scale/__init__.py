"""The whole product as a company runs it, with many people, much data and dying workers: `python -m tests.scale`."""
