"""The site around `uploads`: its settings and addresses."""

import os

# Before anything loads NumPy, whose linear algebra would begin with a thread for each core: nothing here
# multiplies matrices, the threads cost each process a tenth of a second, and workers fork, which is safest
# without any.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
