"""Loops over the bytes of a file, compiled: plain Python runs a hundred times as long over them.

The machine code is kept on disk (NUMBA_CACHE_DIR, or beside the source), for every process to come. It is
made anew when the file changes in which the loop stands. So a loop calls loops of its own file only, and
what it must know of others it is told in its arguments.
"""

from numba import njit

# Sums of unsigned integers are to overflow without a word, as those of numpy do.
compiled = njit(cache=True, nogil=True)
