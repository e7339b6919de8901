"""Run by a fresh process: prints the seconds of processor time of its import and of its first transforms, as JSON.

With the argument ``scattering`` the first transform is that of `HiPPOScatteringTransformer`.
"""

import json
import sys
import time


def main():
    begin = time.process_time()
    import numpy as np

    import skhippo

    seconds = {"import": time.process_time() - begin}
    rng = np.random.default_rng(0)
    irregular = [(np.cumsum(rng.random(n) + 0.01), rng.normal(size=(2, n))) for n in rng.integers(20, 100, 50)]
    irregular[0][1][0, 5:9] = np.nan
    panels = {"irregular": irregular, "grid": rng.normal(size=(50, 2, 100)), "long": rng.normal(size=(1, 2**17))}
    if sys.argv[1:] == ["scattering"]:
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
