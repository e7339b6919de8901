"""The light curves of variable stars of Richards et al. (2012): magnitudes at irregular nights."""

import tarfile
from collections import Counter

import numpy as np

from skhippo import as_panel


def read_light_curves(folder, smallest_class=5):
    """Return the light curves (days, magnitudes) and classes of the stars whose class has enough members.

    Of several magnitudes at one time the first counts.
    """
    lines = (folder / "asas_training_set_classes.dat").read_text(encoding="utf-8").split()[1:]
    classes = dict(line.split(",") for line in lines)
    members = Counter(classes.values())
    kept = {star: name for star, name in classes.items() if members[name] >= smallest_class}
    curves = {}
    with tarfile.open(folder / "asas_training_set.tar.gz", "r|gz") as archive:
        for member in archive:
            star = member.name.rsplit("/")[-1].removesuffix(".dat")
            if star in kept:
                table = np.loadtxt(archive.extractfile(member).read().decode().splitlines(), delimiter=",", ndmin=2)
                days, first = np.unique(table[:, 0], return_index=True)
                curves[star] = days, table[first, 1]
    return as_panel([curves[star] for star in kept]), np.array(list(kept.values()))
