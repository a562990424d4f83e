"""The product as a company runs it: many people, much data, dying workers. `python -m tests.scale`."""
