"""
Missing observations and another speed: Gu et al. 2020, section 4.2, with every system
======================================================================================

The data are CharacterTrajectories at 200 Hz.  From each series, 30, 50 or 70 % of the time points are dropped at
random, and the times of the others are kept.  A system is trained on such series and tested on such series of the same,
twice and half the duration.  The paper has figures for LegS with half of the time points dropped, at twice and half the
duration.

``python examples/reproduce/missing_data.py --dropped 0.5 --systems legs gru_d``; ``--small`` needs no data.
"""

from characters import characters, hardware, parser, scores, stand_in

from skhippo.datasets import drop, rescale_time

#: Published accuracies of LegS with half of the observations dropped, by the factor of time in the test.
PUBLISHED = {2.0: 0.945, 0.5: 0.949}
FACTORS = (1.0, 2.0, 0.5)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--dropped", type=float, nargs="+", default=[0.3, 0.5, 0.7])
    options = options.parse_args()
    data = stand_in() if options.small else characters()
    print(f"{data.X}; {len(data.train)} train, {len(data.validation)} validation, {len(data.test)} test; {hardware()}")
    published = ", ".join(f"time x {factor:g} {accuracy}" for factor, accuracy in PUBLISHED.items())
    print(f"published for legs, half dropped: {published}\n")
    print(f"{'':<36}{'dropped':>8}{'seed':>6}" + "".join(f"{f'time x {f:g}':>12}" for f in FACTORS) + "   budget")
    for fraction in options.dropped:
        before = drop(data.X, fraction, random_state=0)
        after = {str(factor): rescale_time(before, factor) for factor in FACTORS}
        for system, seed, budget, found in scores(data, before, after, options):
            accuracies = "".join(f"{accuracy:12.4f}" for accuracy in found.values())
            print(f"{system:<36}{fraction:8.0%}{seed:6d}{accuracies}   {budget}", flush=True)


if __name__ == "__main__":
    main()
