"""Keeps linear algebra on one thread, unless the environment already says otherwise.

The matrices are small: on a busy machine threads that wait for each other make them many times slower. OpenBLAS reads
the variable when numpy is first imported, so this module comes before all that import it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
