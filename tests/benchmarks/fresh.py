"""Run by a fresh process: prints the seconds of processor time of its import and of its first transforms, as JSON.

With the argument ``scattering`` the first transform is that of `HiPPOScatteringTransformer`.  With the argument
``kernels`` every compilation is printed as well, with the seconds that it takes by itself and with the kernels that it
calls; ``NUMBA_CACHE_DIR`` has to name an empty folder, and the package must have no compiled kernels beside it.
"""

import json
import sys
import time


def print_compilations():
    """Print a line for every compilation of this process."""
    from numba.core import event

    class Listener(event.Listener):
        def __init__(self):
            self.begun = []  # when compilations began, and the seconds of those inside them

        def on_start(self, event):
            self.begun.append([time.process_time(), 0.0])

        def on_end(self, event):
            begin, inside = self.begun.pop()
            seconds = time.process_time() - begin
            if self.begun:
                self.begun[-1][1] += seconds
            function = event.data["dispatcher"].py_func
            print(f"{seconds - inside:6.3f} {seconds:6.3f} {function.__module__}.{function.__name__}")

    event.register("numba:compile", Listener())


def main():
    begin = time.process_time()
    import numpy as np

    import skhippo

    seconds = {"import": time.process_time() - begin}
    rng = np.random.default_rng(0)
    irregular = [(np.cumsum(rng.random(n) + 0.01), rng.normal(size=(2, n))) for n in rng.integers(20, 100, 50)]
    irregular[0][1][0, 5:9] = np.nan
    panels = {"irregular": irregular, "grid": rng.normal(size=(50, 2, 100)), "long": rng.normal(size=(1, 2**17))}
    if "kernels" in sys.argv:
        print_compilations()
    if "scattering" in sys.argv:
        begin = time.process_time()
        skhippo.HiPPOScatteringTransformer().fit_transform(irregular)
        print(json.dumps(seconds | {"scattering": time.process_time() - begin}))
        return
    for name, panel in panels.items():
        begin = time.process_time()
        skhippo.HiPPOTransformer().fit_transform(panel)
        seconds[name] = time.process_time() - begin
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
