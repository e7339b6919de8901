"""
CharacterTrajectories with the recurrent network
================================================

The protocol of Gu et al. 2020 (section 4.2): a network with LegS memory is trained at one sampling rate and tested at
another, without being told the times; and with half of the observations dropped at random, and time running twice or
half as fast in the test.  Same split as ``character_trajectories.py``; ``--help`` lists the settings, which are the
defaults of `HiPPORNNClassifier` if they are not given.
"""

import argparse
import time

from character_trajectories import pad, split

from skhippo import HiPPORNNClassifier, Panel
from skhippo.datasets import drop, load_uea, resample, rescale_time

PAPER = {"100 -> 200 Hz": 0.888, "200 -> 100 Hz": 0.901, "half, time x 2": 0.945, "half, time / 2": 0.949}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cell", default="legs")
    parser.add_argument("--hidden-size", type=int)
    parser.add_argument("--order", type=int)
    parser.add_argument("--memory-size", type=int)
    parser.add_argument("--no-gate", action="store_true")
    parser.add_argument("--max-epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--dropout", type=float)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--padded", action="store_true", help="repeat the last value of each series up to 182 samples")
    parser.add_argument("--no-feedback", action="store_true", help="one projection instead of a walk through time")
    parser.add_argument("--experiments", type=int, choices=(0, 1, 2), nargs="+", default=[0, 1, 2])
    parser.add_argument("--verbose", type=int, default=0)
    return parser.parse_args()


def experiments(panel: Panel) -> list[tuple[Panel, dict[str, Panel]]]:
    """What is trained on, and what is tested on by the name of the experiment; rows are those of `panel`."""
    half = resample(panel, 0.5, times="index")  # every second sample, renumbered: no timestamps are given
    dropped = drop(panel, 0.5, random_state=0)
    slow, fast = rescale_time(dropped, 2.0), rescale_time(dropped, 0.5)
    return [
        (half, {"100 -> 200 Hz": panel, "100 Hz": half}),
        (panel, {"200 -> 100 Hz": half, "200 Hz": panel}),
        (dropped, {"half, time x 2": slow, "half, time / 2": fast, "half": dropped}),
    ]


def main() -> None:
    options = arguments()
    X, y = load_uea("CharacterTrajectories")
    if options.padded:
        X = pad(X)
    train, validation, test = split(y)
    print(f"{X}; {len(train)} train, {len(validation)} validation, {len(test)} test")
    print(", ".join(f"{name} {value}" for name, value in vars(options).items()), "\n")
    print(f"{'':<16}{'paper':>8}{'seed':>6}{'accuracy':>10}{'validation':>12}{'epochs':>8}{'minutes':>9}")
    for number in options.experiments:
        before, tests = experiments(X)[number]
        for seed in options.seeds:
            begin = time.perf_counter()
            model = classifier(options, seed)
            model.fit(before[train], y[train], X_val=before[validation], y_val=y[validation])
            minutes = (time.perf_counter() - begin) / 60
            own = model.score(before[validation], y[validation])
            for name, after in tests.items():
                accuracy = f"{model.score(after[test], y[test]):10.4f}{own:12.4f}"
                paper = f"{PAPER[name]:8.3f}" if name in PAPER else " " * 8
                print(f"{name:<16}{paper}{seed:6d}{accuracy}{len(model.history_):8d}{minutes:9.1f}", flush=True)


def classifier(options: argparse.Namespace, seed: int) -> HiPPORNNClassifier:
    names = ("hidden_size", "order", "memory_size", "max_epochs", "learning_rate", "dropout")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return HiPPORNNClassifier(
        options.cell,
        gate=not options.no_gate,
        feedback=not options.no_feedback,
        random_state=seed,
        verbose=options.verbose,
        **given,
    )


if __name__ == "__main__":
    main()
