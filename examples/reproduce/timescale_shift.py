"""
Change of sampling rate: the table of Gu et al. 2020, section 4.2, with every system of it
==========================================================================================

The data are CharacterTrajectories at 200 Hz.  A system is trained on every second sample and tested on all of them, and
the reverse.  No timestamps are given: the time of a sample is its number.  Recurrent networks also get the validation
part, at the rate of training, which decides when training stops.

``python examples/reproduce/timescale_shift.py --systems legs lstm --seeds 0 1 2``; ``--small`` needs no data.
"""

from characters import characters, hardware, parser, scores, stand_in

from skhippo.datasets import resample

#: Published accuracies, 100 to 200 Hz and 200 to 100 Hz.
PUBLISHED = {
    "lstm": (0.254, 0.646),
    "gru_d": (0.231, 0.255),
    "ode_rnn": (0.418, 0.315),
    "ncde": (0.447, 0.113),
    "lmu": (0.060, 0.131),
    "legs": (0.888, 0.901),
}


def main() -> None:
    rates = ("100 to 200 Hz", "200 to 100 Hz")
    options = parser(__doc__)
    options.add_argument("--rates", nargs="+", choices=rates, default=rates)
    options = options.parse_args()
    data = stand_in() if options.small else characters()
    half = resample(data.X, 0.5, times="index")  # every second sample, renumbered
    print(
        f"{data.X}; {len(data.train)} train, {len(data.validation)} validation, {len(data.test)} test; {hardware()}\n"
    )
    print(f"{'':<36}{'rate':<16}{'published':>10}{'seed':>6}{'accuracy':>10}{'no shift':>10}   budget")
    for rate in options.rates:
        k = rates.index(rate)
        before, after = ((half, data.X), (data.X, half))[k]
        for system, seed, budget, found in scores(data, before, {"shift": after, "none": before}, options):
            published = f"{PUBLISHED[system][k]:.3f}" if system in PUBLISHED else ""
            accuracies = f"{found['shift']:10.4f}{found['none']:10.4f}"
            print(f"{system:<36}{rate:<16}{published:>10}{seed:6d}{accuracies}   {budget}", flush=True)


if __name__ == "__main__":
    main()
