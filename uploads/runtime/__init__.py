"""Running everything on one machine: processes, their supervisor, the embedded Valkey server.

Standard library only; knows nothing of batches, so that it can be read and tested on its own.
"""
