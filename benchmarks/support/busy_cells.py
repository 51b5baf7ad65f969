"""What the kernel does during a measurement of audio: nothing, or a cell that keeps it busy."""

from __future__ import annotations

#: Source of the cell by what it does; `{seconds}` is its duration. Idle has no cell.
BUSY_CELLS = {
    "idle": "",
    "cell sleeps": "import time; time.sleep({seconds})",
    "Python loop": (
        "import time\nend = time.monotonic() + {seconds}\nx = 0\n"
        "while time.monotonic() < end:\n    x += sum(range(50))"
    ),
    "numpy": (
        "import time, numpy\nend = time.monotonic() + {seconds}\na = numpy.random.rand(400, 400)\n"
        "while time.monotonic() < end:\n    a = a @ a / numpy.abs(a).max()"
    ),
    "one C call of 0.5 s, again and again": (
        "import time\nend = time.monotonic() + {seconds}\nn = 400_000\n"
        "while time.monotonic() < end:\n"
        "    before = time.perf_counter(); sorted(range(n, 0, -1), key=float)\n"
        "    n = int(n * min(2, max(0.5, 0.5 / (time.perf_counter() - before))))\n"
        "    time.sleep(1)"
    ),
}
