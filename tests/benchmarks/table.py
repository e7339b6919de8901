"""What the benchmarks found, as tables that a terminal shows and reStructuredText reads."""

import math
import os
import pathlib
import platform
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_info


@dataclass(frozen=True)
class Unit:
    """What is counted: so many of `size` are one of what the table calls `name`."""

    name: str
    size: float


@dataclass(frozen=True)
class Goal:
    """What is wanted of a line: a least rate or ratio, or a time to stay under."""

    quantity: str  # "rate", "ratio" or "seconds"
    bound: float

    def met(self, line):
        found = getattr(line, self.quantity)
        return found < self.bound if self.quantity == "seconds" else found >= self.bound

    def text(self, unit):
        if self.quantity == "seconds":
            return f"< {as_time(self.bound)}"
        return f">= {as_ratio(self.bound)}" if self.quantity == "ratio" else f">= {self.bound:g} {unit.name}"


@dataclass(frozen=True)
class Line:
    """One piece of work, measured beside one reference (or none)."""

    work: str
    seconds: float
    amount: float | None = None
    unit: Unit | None = None
    reference: str = ""
    reference_seconds: float = math.nan
    goal: Goal | None = None

    @property
    def rate(self):
        return self.amount / self.seconds / self.unit.size

    @property
    def reference_rate(self):
        return self.amount / self.reference_seconds / self.unit.size

    @property
    def ratio(self):
        return self.reference_seconds / self.seconds

    def cells(self):
        compared = not math.isnan(self.reference_seconds)
        return (
            self.work,
            as_time(self.seconds),
            "" if self.unit is None else f"{as_number(self.rate)} {self.unit.name}",
            self.reference,
            as_time(self.reference_seconds) if compared else "",
            as_ratio(self.ratio) if compared else "",
            "" if self.goal is None else self.goal.text(self.unit),
            "" if self.goal is None else ("met" if self.goal.met(self) else "missed"),
        )


@dataclass(frozen=True)
class Fixed:
    """What a short call costs, whatever the size of its data."""

    work: str
    seconds: float
    calls: int
    n_bytes: int
    bound: float  # wanted seconds

    def cells(self):
        return (
            self.work,
            as_time(self.seconds),
            f"{self.calls:,}",
            f"{self.n_bytes:,}",
            f"<= {as_time(self.bound)}",
            "met" if self.seconds <= self.bound else "missed",
        )


SPEED = ("work", "time", "rate", "reference", "its time", "ratio", "wanted", "found")
FIXED = ("work", "time", "calls", "bytes at most", "wanted", "found")
LIMITS = ("limit", "on the data of", "rate")
SLOPES = ("time against", "from", "to", "exponent", "times")
MEMORY = ("work", "input", "result", "peak beyond the input", "of the input")


LIMIT_NAMES = ("GEMM", "reading (np.sum)")


@dataclass
class Ledger:
    """Rows of the tables, in the order of their measurement."""

    speed: list[Line] = field(default_factory=list)
    fixed: list[Fixed] = field(default_factory=list)
    slopes: list[tuple[str, ...]] = field(default_factory=list)
    memory: list[tuple[str, ...]] = field(default_factory=list)

    def add_slope(self, name, points, seconds):
        """Add a sweep with the exponent of the power law that fits its times best."""
        exponent = np.polyfit(np.log(points), np.log(seconds), 1)[0]
        times = ", ".join(map(as_time, seconds))
        self.slopes.append((name, f"{points[0]:,}", f"{points[-1]:,}", f"{exponent:.2f}", times))

    def add_memory(self, work, given, result, peak):
        """Add a peak of memory; all in bytes."""
        sizes = (f"{size / 2**20:,.1f} MiB" for size in (given, result, peak))
        self.memory.append((work, *sizes, as_ratio(peak / given)))

    def tables(self):
        """Return the rows of each table by its name."""
        limits = [
            (line.reference, line.work, f"{as_number(line.reference_rate)} {line.unit.name}")
            for line in self.speed
            if line.reference in LIMIT_NAMES
        ]
        return {
            "speed": (SPEED, [line.cells() for line in self.speed]),
            "fixed": (FIXED, [line.cells() for line in self.fixed]),
            "limits": (LIMITS, limits),
            "slopes": (SLOPES, self.slopes),
            "memory": (MEMORY, self.memory),
        }

    def parts(self):
        """Return name and text of all there is to show."""
        yield "machine", machine()
        for name, (header, rows) in self.tables().items():
            yield name, simple_table(header, rows) if rows else "Not measured in this run."

    def write(self, path):
        """Write the tables as parts of a page; each stands between comments that name it, for ``include``."""
        text = "\n\n".join(f".. begin {name}\n\n{part}\n\n.. end {name}" for name, part in self.parts())
        pathlib.Path(path).write_text(f".. Written by make bench-docs.\n\n{text}\n", encoding="utf-8")


def as_time(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def as_number(number):
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def as_ratio(ratio):
    """Show how many times as fast; below once in percent."""
    if ratio < 1:
        return f"{100 * ratio:.2g} %"
    return f"{ratio:,.0f} x" if ratio >= 10 else f"{ratio:.2f} x"


def simple_table(header, rows):
    """Return a simple table of reStructuredText, which a terminal shows as it is; an empty cell becomes a dash."""
    rows = [[cell or "–" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)]
    return "\n".join(line.rstrip() for line in (rule, lines[0], rule, *lines[1:], rule))


def machine():
    """Return processor, cores, memory, and the versions of what computes."""
    import numba
    import scipy

    blas = next((b for b in threadpool_info() if b["user_api"] == "blas" and "numpy" in b["filepath"]), {})
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}, numba {numba.__version__}"
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}, {versions}; "
        f"{blas.get('internal_api', 'BLAS')} {blas.get('version', '')} with its kernels for "
        f"{blas.get('architecture', 'this processor')}"
    )


def _processor():
    """Return model and SIMD width of the processor, where Linux tells."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    simd = next((name for name in ("avx512f", "avx2") if name in fields.get("flags", "").split()), "no AVX2")
    return f"{fields.get('model name', platform.machine())} (family {fields.get('cpu family')}, {simd})"
