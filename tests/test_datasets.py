import functools
import itertools
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhippo import datasets
from skhippo.datasets import (
    band_limited_noise,
    drop,
    gap,
    irregular_sinusoids,
    load_uea,
    mackey_glass,
    resample,
    rescale_time,
)
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel


@pytest.fixture
def panel():
    """Ragged, irregular, holed, with names, ids and dates: all that a corruption has to carry along."""
    rng = np.random.default_rng(0)
    offsets = np.cumsum([0, 40, 1, 17, 2, 60])
    values = rng.standard_normal((offsets[-1], 3))
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    return Panel(
        values,
        np.cumsum(rng.uniform(0.5, 2.0, size=offsets[-1])),
        offsets,
        ["x", "y", "z"],
        origins=np.array(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"], dtype="M8[ms]"),
        series_ids=list("abcde"),
    )


CORRUPTIONS = {
    "drop": lambda X, seed: drop(X, 0.4, random_state=seed),
    "drop per channel": lambda X, seed: drop(X, 0.4, per_channel=True, random_state=seed),
    "gap": lambda X, seed: gap(X, 0.4, random_state=seed),
    "resample": lambda X, seed: resample(X, 0.7),
    "resample up": lambda X, seed: resample(X, 2.5),
    "resample index": lambda X, seed: resample(X, 0.7, times="index"),
    "rescale_time": lambda X, seed: rescale_time(X, 3.0),
}
RANDOM = ("drop", "drop per channel", "gap")
WITHOUT_ORIGINS = ("resample index",)


def same(a, b):
    """Whether two panels hold the same series, labels aside."""
    return (
        np.array_equal(a.offsets, b.offsets)
        and np.array_equal(a.times, b.times)
        and np.array_equal(a.values, b.values, equal_nan=True)
    )


# The archive ---------------------------------------------------------------------------------------------

HEADER = "# Toy\n@timeStamps {times}\n@equalLength {equal}\n@classLabel true Up down\n@data\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that makes `rows` both files of the set Toy, in the folder of SKHIPPO_DATA."""
    monkeypatch.setenv("SKHIPPO_DATA", str(tmp_path))
    (tmp_path / "Toy").mkdir()

    def write(rows, times="false", equal="false", header=HEADER):
        for part in ("TRAIN", "TEST"):
            text = header.format(times=times, equal=equal) + rows
            (tmp_path / "Toy" / f"Toy_{part}.ts").write_text(text, encoding="utf-8-sig")

    return write


def test_channels_of_unequal_lengths_and_missing_values(write):
    write("1.5,2,?:nan,4,5,-6e-1:Up\n\n3:4:down\n")
    X, y = load_uea("Toy", "train")
    assert y.tolist() == ["Up", "down"]  # as the file has them, not in lower case
    assert X.lengths.tolist() == [4, 1]
    times, values = X[0]
    assert times.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(values, [[1.5, 2, np.nan, np.nan], [np.nan, 4, 5, -0.6]])
    assert X.channel_names is None


def test_both_splits_are_train_then_test(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").write_text(HEADER.format(times="false", equal="true") + "3,4:down\n")
    X, y = load_uea("Toy")
    assert y.tolist() == ["Up", "down"]
    assert X.values[:, 0].tolist() == [1, 2, 3, 4]
    pairs, _ = load_uea("Toy", return_panel=False)
    assert as_panel(pairs) == X


@pytest.mark.parametrize(("equal", "length"), [("false", 3), ("true", 5)])
def test_trailing_nan_is_padding_only_where_lengths_are_unequal(write, equal, length):
    write("1,NaN,NaN,NaN,NaN:NaN,NaN,3,?,?:Up\n", equal=equal)
    assert load_uea("Toy", "train")[0].lengths.tolist() == [length]


def test_series_without_any_value_keeps_one_time(write):
    write("?,?,?:Up\n1,2,3:down\n")
    assert load_uea("Toy", "train")[0].lengths.tolist() == [1, 3]


def test_empty_channel_is_not_observed(write):
    write("1,2: :Up\n")
    assert np.isnan(load_uea("Toy", "train")[0].values[:, 1]).all()


def test_timestamps_of_channels_are_joined(write):
    write("(0.5,1),(2,2):(1,-1),(2,?):Up\n", times="true")
    times, values = load_uea("Toy", "train")[0][0]
    assert times.tolist() == [0.5, 1, 2]
    np.testing.assert_array_equal(values, [[1, np.nan, 2], [np.nan, -1, np.nan]])


def test_timestamps_that_are_dates_may_hold_colons(write):
    write("(2007-01-01 00:00:00,1),(2007-01-01 00:01:30,2):down\n", times="true")
    X, y = load_uea("Toy", "test")
    assert X.times.tolist() == [0, 90]
    assert X.origins[0] == np.datetime64("2007-01-01")
    assert y.tolist() == ["down"]


def test_targets_of_a_regression_set_are_floats(write):
    write("1,2:0.5\n3,4:-1\n", header="@timestamps false\n@targetlabel true\n@data\n")
    assert load_uea("Toy", "train")[1].tolist() == [0.5, -1.0]


@pytest.mark.parametrize(
    ("rows", "times", "message"),
    [
        ("1,2:Up\n1,x:Up\n", "false", r"Toy_TRAIN.ts, series 1: .*'x'"),
        ("1,2:Up\n1,2:3,4:Up\n", "false", "series 1: 2 channels, 1 in series 0"),
        ("1,2\n", "false", "series 0: there is no value"),
        (":Up\n", "false", "series 0: there is no value"),
        ("", "false", "no series after '@data'"),
        ("(0,1),(0,2):Up\n", "true", "series 0: a channel has two values at the same time"),
        ("(0,1),2:Up\n", "true", r"'2' is no pair '\(time,value\)'"),
        (":Up\n", "true", "series 0: there is no value"),
        ("(noon,1):Up\n", "true", "series 0: .*noon"),
    ],
)
def test_malformed_file_names_the_file_and_the_series(write, rows, times, message):
    write(rows, times=times)
    with pytest.raises(ValueError, match=message):
        load_uea("Toy", "train")


def test_file_without_labels_is_refused(write):
    write("1,2\n", header="@timestamps false\n@classlabel false\n@data\n")
    with pytest.raises(ValueError, match=r"Toy_TRAIN\.ts has no labels: '@classLabel true'"):
        load_uea("Toy", "train")


def test_splits_with_different_channels_are_refused(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").write_text(HEADER.format(times="false", equal="true") + "3:4:down\n")
    with pytest.raises(ValueError, match=r"different numbers of channels: .*'Toy_TEST.ts': 2"):
        load_uea("Toy")


def test_one_split_is_enough_where_one_is_asked_for(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").unlink()
    assert len(load_uea("Toy", "train")[0]) == 1


@pytest.mark.parametrize("name", ["", "a/b", None, 3])
def test_name_is_checked(name):
    with pytest.raises(ValueError, match="name must be the name of a set"):
        load_uea(name)


def test_split_is_checked():
    with pytest.raises(ValueError, match="split must be one of 'train', 'test'; got 'TRAIN'"):
        load_uea("GunPoint", "TRAIN")


def test_local_set_needs_no_sktime(write, monkeypatch):
    write("1,2:Up\n")
    monkeypatch.setitem(sys.modules, "sktime", None)
    monkeypatch.setattr(datasets.importlib.util, "find_spec", lambda name: None)
    assert len(load_uea("Toy")[0]) == 2
    with pytest.raises(ImportError, match=r"'Missing' is not in .*\(SKHIPPO_DATA\).*\"skhippo\[sktime\]\""):
        load_uea("Missing")


def test_without_any_place_the_message_says_so(monkeypatch):
    monkeypatch.delenv("SKHIPPO_DATA", raising=False)
    monkeypatch.setattr(datasets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"not in SKHIPPO_DATA \(not set\), and sktime.*set the environment"):
        load_uea("GunPoint")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Return sktime's loader module with three empty places in front of the network."""
    sktime_datasets = pytest.importorskip("sktime.datasets")
    places = {label: tmp_path / label for label in ("SKHIPPO_DATA", "sktime", "downloaded by sktime")}
    monkeypatch.setattr(datasets, "_places", lambda: places)
    return sktime_datasets, places, monkeypatch


def test_failed_download_names_every_place_and_the_way_out(archive):
    sktime_datasets, places, monkeypatch = archive

    def refuse(name):
        raise RuntimeError("no network")

    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", refuse)
    (places["sktime"] / "GunPoint").mkdir(parents=True)
    (places["sktime"] / "GunPoint" / "GunPoint_TRAIN.ts").touch()
    with pytest.raises(FileNotFoundError, match="RuntimeError: no network") as raised:
        load_uea("Gunpoint")
    message = str(raised.value)
    assert all(str(folder) in message for folder in places.values())
    assert "Did you mean 'GunPoint'?" in message
    assert "Gunpoint/Gunpoint_TRAIN.ts and Gunpoint/Gunpoint_TEST.ts" in message


def test_download_that_brings_other_files_is_not_a_success(archive):
    sktime_datasets, _, monkeypatch = archive
    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", lambda name: None)
    with pytest.raises(FileNotFoundError, match="it brought other files"):
        load_uea("Toy")


def test_downloaded_set_is_read_from_its_files(archive):
    sktime_datasets, places, monkeypatch = archive

    def download(name):
        folder = places["downloaded by sktime"] / name
        folder.mkdir(parents=True)
        for part in ("TRAIN", "TEST"):
            (folder / f"{name}_{part}.ts").write_text(HEADER.format(times="false", equal="true") + "3,4:Up\n")

    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", download)
    assert load_uea("Toy", "train")[1].tolist() == ["Up"]


@pytest.mark.parametrize("name", ["JapaneseVowels", "BasicMotions", "ArrowHead", "UnitTest"])
def test_sets_in_the_sktime_wheel_have_the_values_that_its_reader_finds(name, monkeypatch):
    sktime_datasets = pytest.importorskip("sktime.datasets")
    monkeypatch.delenv("SKHIPPO_DATA", raising=False)
    X, y = load_uea(name, "test")
    nested, labels = sktime_datasets.load_UCR_UEA_dataset(name, "test")
    assert [label.lower() for label in y] == labels.tolist()
    for i, row in enumerate(nested.to_numpy()):
        np.testing.assert_array_equal(X[i][1], np.array([channel.to_numpy() for channel in row]))


# name: training series, test series, channels, classes, shortest, longest, missing values
ARCHIVE = {
    "AllGestureWiimoteX": (300, 700, 1, 10, 2, 385, 0),
    "ArrowHead": (36, 175, 1, 3, 251, 251, 0),
    "BasicMotions": (40, 40, 6, 4, 100, 100, 0),
    "CharacterTrajectories": (1422, 1436, 3, 20, 60, 182, 0),
    "DodgerLoopDay": (78, 80, 1, 7, 288, 288, 337),
    "ECG200": (100, 100, 1, 2, 96, 96, 0),
    "ECGFiveDays": (23, 861, 1, 2, 136, 136, 0),
    "ERing": (30, 270, 4, 6, 65, 65, 0),
    "Epilepsy": (137, 138, 3, 4, 206, 206, 0),
    "GestureMidAirD1": (208, 130, 1, 26, 80, 360, 0),
    "GesturePebbleZ1": (132, 172, 1, 6, 100, 455, 0),
    "GunPoint": (50, 150, 1, 2, 150, 150, 0),
    "ItalyPowerDemand": (67, 1029, 1, 2, 24, 24, 0),
    "JapaneseVowels": (270, 370, 12, 9, 7, 29, 0),
    "Libras": (180, 180, 2, 15, 45, 45, 0),
    "MelbournePedestrian": (1194, 2439, 1, 10, 9, 24, 235),
    "OSULeaf": (200, 242, 1, 6, 427, 427, 0),
    "PickupGestureWiimoteZ": (50, 50, 1, 10, 29, 361, 0),
    "RacketSports": (151, 152, 6, 4, 30, 30, 0),
    "SyntheticControl": (300, 300, 1, 6, 60, 60, 0),
}


@pytest.mark.parametrize("name", ARCHIVE)
def test_archive_table(name, data_folder):
    if not (data_folder / name).is_dir():
        pytest.skip(f"{name} is not in the folder of SKHIPPO_DATA")
    (train, y_train), (test, y_test) = load_uea(name, "train"), load_uea(name, "test")
    both = Panel.concatenate([train, test])
    n_missing = len(both.values) * both.n_channels - both.n_observations
    found = (
        *(len(train), len(test), both.n_channels, len(set(y_train) | set(y_test))),
        *(both.lengths.min(), both.lengths.max(), n_missing),
    )
    assert found == ARCHIVE[name]
    assert len(y_train) == len(train)
    assert load_uea(name)[0] == both


# Generators ----------------------------------------------------------------------------------------------

# The spectrum of a signal comes back from the inverse transform with an error of about 1e-16 of its largest
# line, 1e-32 in power; 3e-32 was measured over the cases below.
SPECTRAL_ROUNDING = 1e-28


@pytest.mark.parametrize(
    ("n_samples", "dt", "band", "cycles"),
    [
        (1000, 1e-2, 2.0, 20),
        (1001, 1e-2, 2.0, 20),
        (10**5, 1e-4, 1.0, 10),
        (10, 1.0, 0.4999, 4),
        (64, 0.5, 1 / 32, 1),
    ],
)
def test_noise_has_power_in_the_band_and_none_outside(n_samples, dt, band, cycles):
    x = band_limited_noise(n_samples, dt=dt, band=band, n_series=3, random_state=0)
    assert x.shape == (3, n_samples)
    power = abs(np.fft.rfft(x, axis=1)) ** 2
    scale = power.max(axis=1, keepdims=True)
    assert (power[:, [0]] < SPECTRAL_ROUNDING * scale).all()
    assert (power[:, cycles + 1 :] < SPECTRAL_ROUNDING * scale).all()
    assert (power[:, 1 : cycles + 1] > SPECTRAL_ROUNDING * scale).all()


def test_noise_has_the_rms_that_is_asked_for():
    # 2000 series of 20 frequencies: the mean square has a relative standard error of 1 / sqrt(40000) = 0.5 %
    x = band_limited_noise(200, dt=0.1, band=1.0, n_series=2000, rms=3.0, random_state=0)
    assert np.mean(x**2) == pytest.approx(9.0, rel=0.02)
    assert np.mean(x**2, axis=0) == pytest.approx(9.0, rel=0.2)  # at every time: the process is stationary
    assert not band_limited_noise(200, dt=0.1, band=1.0, rms=0.0).any()


def test_noise_with_another_sampling_rate_is_the_same_signal():
    slow = band_limited_noise(100, dt=0.1, band=1.0, random_state=3)
    fast = band_limited_noise(400, dt=0.025, band=1.0, random_state=3)
    np.testing.assert_allclose(fast[:, ::4], slow, atol=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"band": 5.0}, r"below the Nyquist frequency 1 / \(2 dt\) = 5, got 5.0"),
        ({"band": 0.05}, "band=0.05 is below one cycle a period, 0.1"),
        ({"band": -1.0}, "band must be above 0"),
        ({"dt": 0.0}, "dt must be above 0"),
        ({"rms": -1.0}, "rms must be at least 0"),
        ({"n_series": 0}, "n_series must be at least 1, got 0"),
        ({"n_samples": 1}, "n_samples must be at least 2, got 1"),
    ],
)
def test_noise_checks_its_arguments(change, message):
    arguments = {"n_samples": 100, "dt": 0.1, "band": 1.0} | change
    with pytest.raises(ValueError, match=message):
        band_limited_noise(**arguments)


def test_counts_are_integers():
    with pytest.raises(TypeError, match=r"n_samples must be an integer, got 10.0 of type float"):
        mackey_glass(10.0)


def naive_mackey_glass(history, tau, m, n_delays):
    """Textbook Runge-Kutta steps on the nonlinear right-hand side, one after the other."""
    h = tau / m
    x, slope = [history], []

    def rhs(value, delayed):
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * value

    def grid(k):
        return x[k] if k > 0 else history

    def middle(k):
        if k < 0:
            return history
        return (x[k] + x[k + 1]) / 2 + h / 8 * (slope[k] - slope[k + 1])

    for k in range(m * n_delays):
        early, half, late = grid(k - m), middle(k - m), grid(k - m + 1)
        k1 = rhs(x[k], early)
        k2 = rhs(x[k] + h / 2 * k1, half)
        k3 = rhs(x[k] + h / 2 * k2, half)
        k4 = rhs(x[k] + h * k3, late)
        slope.append(k1)
        x.append(x[k] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x)


def test_mackey_glass_equals_textbook_steps():
    history = np.random.RandomState(5).uniform(0.5, 1.5, size=2)
    x = mackey_glass(5 * 17, tau=17, dt=1, washout=0, substep=0.25, n_series=2, random_state=5)
    for series, start in zip(x, history, strict=True):
        np.testing.assert_allclose(series, naive_mackey_glass(start, 17, 68, 5)[: 5 * 68 : 4], rtol=1e-12)


@pytest.mark.parametrize(("tau", "dt"), [(17, 1.0), (17, 0.73), (5 * np.pi, 1.0)])
def test_mackey_glass_is_of_fourth_order(tau, dt):
    # tau / substep is whole for the first only; 0.73 has its samples between the grid points
    steps = tau / 64 / 2.0 ** np.arange(4)
    x = [mackey_glass(60, tau=tau, dt=dt, washout=0, substep=h, n_series=5, random_state=0) for h in steps]
    changes = [np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.pairwise(x)]
    orders = np.log2(np.divide(changes[:-1], changes[1:]))
    assert changes[0] < 2e-8
    # 3.86 to 4.17 was measured: where the samples lie inside the steps changes with the step
    assert orders == pytest.approx(4, abs=0.3)


def test_mackey_glass_washout_is_a_shift():
    whole = mackey_glass(300, washout=0, random_state=1)
    np.testing.assert_allclose(mackey_glass(100, washout=200, random_state=1), whole[:, 200:], rtol=1e-12)


def test_mackey_glass_settles_where_the_delay_is_short_and_oscillates_where_it_is_long():
    # tau = 4 has a stable equilibrium: 0.2 / (1 + x^10) = 0.1 at x = 1
    assert mackey_glass(50, tau=4, n_series=3, random_state=0) == pytest.approx(1.0, abs=1e-6)
    assert np.ptp(mackey_glass(500, random_state=0)) > 0.5


@pytest.mark.parametrize("name", ["tau", "dt", "substep"])
def test_mackey_glass_checks_its_arguments(name):
    with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got 0"):
        mackey_glass(10, **{name: 0})


def test_sinusoids_are_ragged_irregular_and_balanced():
    X, y = irregular_sinusoids(40, n_classes=4, lengths=(5, 9), n_channels=2, duration=7.0, random_state=0)
    assert set(X.lengths) == {5, 6, 7, 8, 9}
    assert np.bincount(y).tolist() == [10] * 4
    assert X.n_channels == 2
    assert X.times.min() >= 0
    assert 6 < X.times.max() <= 7
    assert len({times[0] for times, _ in X}) == 40
    assert X.n_observations == X.values.size


def test_sinusoids_have_the_holes_that_are_asked_for():
    X, _ = irregular_sinusoids(20, missing=0.25, n_channels=3, lengths=(1, 20), random_state=0)
    for _, values in X:
        length = values.shape[1]
        assert (np.isnan(values).sum(axis=1) == min(round(0.25 * length), length - 1)).all()


def test_sinusoids_without_jitter_and_noise_are_sinusoids():
    X, y = irregular_sinusoids(6, n_classes=3, jitter=0, noise=0, random_state=0)
    for (t, (x,)), k in zip(X, y, strict=True):
        basis = np.stack([np.sin(2 * np.pi * (k + 1) * t), np.cos(2 * np.pi * (k + 1) * t)], axis=1)
        (a, b), *_ = np.linalg.lstsq(basis, x, rcond=None)
        np.testing.assert_allclose(basis @ [a, b], x, atol=1e-12)
        assert np.hypot(a, b) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lengths": (9, 5)}, r"lengths must be \(smallest, largest\), got \(9, 5\)"),
        ({"lengths": 5}, "lengths must be a pair"),
        ({"lengths": (0, 5)}, r"lengths\[0\] must be at least 1, got 0"),
        ({"missing": 1.5}, "missing must be at most 1, got 1.5"),
        ({"n_classes": 0}, "n_classes must be at least 1"),
        ({"duration": 0.0}, "duration must be above 0"),
        ({"noise": -1.0}, "noise must be at least 0"),
    ],
)
def test_sinusoids_check_their_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        irregular_sinusoids(4, **change)


GENERATORS = {
    "noise": lambda n, seed: as_panel(band_limited_noise(50, dt=0.1, band=1, n_series=n, random_state=seed)),
    "mackey_glass": lambda n, seed: as_panel(mackey_glass(50, n_series=n, random_state=seed)),
    "sinusoids": lambda n, seed: irregular_sinusoids(n, missing=0.2, random_state=seed)[0],
}


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_generators_are_reproducible_and_more_series_leave_the_first_as_they_are(generate):
    assert same(generate(7, 0), generate(7, 0))
    assert same(generate(7, 0)[:3], generate(3, 0))
    assert same(generate(7, 0), generate(7, np.random.RandomState(0)))
    assert not same(generate(7, 0), generate(7, 1))


# Corruptions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_leaves_its_input_and_carries_the_labels(panel, name):
    before = {key: np.copy(getattr(panel, key)) for key in ("values", "times", "offsets")}
    result = CORRUPTIONS[name](panel, 0)
    for key, array in before.items():
        np.testing.assert_array_equal(getattr(panel, key), array)
    assert not same(result, panel)
    assert len(result) == len(panel)
    assert result.channel_names == panel.channel_names
    assert result.series_ids.tolist() == panel.series_ids.tolist()
    if name in WITHOUT_ORIGINS:
        assert result.origins is None
    else:
        np.testing.assert_array_equal(result.origins, panel.origins)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_does_not_write_into_an_array(name):
    X = np.arange(30.0).reshape(2, 15)
    CORRUPTIONS[name](X, 0)
    np.testing.assert_array_equal(X, np.arange(30.0).reshape(2, 15))
    assert X.flags.writeable


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_takes_what_as_panel_takes(panel, name):
    rng = np.random.default_rng(1)
    days = np.datetime64("2024-01-01") + np.arange(5)
    ragged = [(times, values) for times, values in panel[[4]]] + [(days, rng.standard_normal((3, 5)))]
    for X in (rng.standard_normal((4, 9)), rng.standard_normal((4, 2, 9)), ragged):
        assert same(CORRUPTIONS[name](X, 0), CORRUPTIONS[name](as_panel(X), 0))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_of_a_series_depends_on_no_other_series(panel, name):
    whole = CORRUPTIONS[name](panel, 0)
    assert same(CORRUPTIONS[name](panel[:3], 0), whole[:3])
    # series 2 with other, longer and shorter series before and behind it, at its place
    mixed = CORRUPTIONS[name](panel[[4, 4, 2, 1]], 0)
    assert same(mixed[[2]], whole[[2]])


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_keeps_float32(panel, name):
    result = CORRUPTIONS[name](panel.astype("float32"), 0)
    assert result.dtype == np.float32
    expected = CORRUPTIONS[name](panel, 0)
    np.testing.assert_array_equal(result.times, expected.times)
    np.testing.assert_allclose(result.values, expected.values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", RANDOM)
def test_corruption_is_reproducible(panel, name):
    corrupt = CORRUPTIONS[name]
    assert same(corrupt(panel, 0), corrupt(panel, 0))
    assert same(corrupt(panel, 0), corrupt(panel, np.random.RandomState(0)))
    assert not same(corrupt(panel, 0), corrupt(panel, 1))
    state = np.random.RandomState(0)
    assert not same(corrupt(panel, state), corrupt(panel, state))  # a generator goes on


@given(length=st.integers(1, 40), fraction=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_drop_takes_the_rounded_part_and_leaves_one(length, fraction, seed):
    values = np.arange(2.0 * length).reshape(1, 2, length)
    count = min(round(fraction * length), length - 1)
    times, rest = drop(values, fraction, random_state=seed)[0]
    assert len(times) == length - count
    np.testing.assert_array_equal(rest, values[0][:, times.astype(int)])
    times, holed = drop(values, fraction, per_channel=True, random_state=seed)[0]
    assert len(times) == length
    assert np.isnan(holed).sum(axis=1).tolist() == [count, count]
    np.testing.assert_array_equal(holed[~np.isnan(holed)], values[0][~np.isnan(holed)])


@pytest.mark.parametrize("per_channel", [False, True])
def test_larger_fraction_drops_the_same_and_more(panel, per_channel):
    fewer, more = (drop(panel, f, per_channel=per_channel, random_state=0) for f in (0.3, 0.6))
    for (t, x), (u, y) in zip(more, fewer, strict=True):
        at = np.searchsorted(u, t)
        np.testing.assert_array_equal(u[at], t)
        left = ~np.isnan(x)
        np.testing.assert_array_equal(y[:, at][left], x[left])


def test_drop_per_channel_counts_the_values_that_are_there_and_differs_by_channel():
    values = np.ones((1, 3, 20))
    values[0, 0, :10] = np.nan
    values[0, 1] = np.nan
    (_, holed) = drop(values, 0.5, per_channel=True, random_state=0)[0]
    assert np.isnan(holed).sum(axis=1).tolist() == [15, 20, 10]
    (_, holed) = drop(np.ones((1, 2, 20)), 0.5, per_channel=True, random_state=0)[0]
    assert (np.isnan(holed[0]) != np.isnan(holed[1])).any()


def test_drop_takes_ends_as_well_as_others():
    first = [drop(np.ones((1, 10)), 0.5, random_state=seed).times[0] for seed in range(20)]
    assert min(first) == 0
    assert max(first) > 0


@pytest.mark.parametrize(
    ("position", "times"),
    [(0, [5, 6, 7, 8]), (0.5, [0, 1, 7, 8]), (1, [0, 1, 2, 3]), (0.25, [0, 6, 7, 8])],
)
def test_gap_removes_the_stretch_with_its_ends(position, times):
    # nine observations, a duration of 8: half of it is a stretch of 4 that begins at 4 * position
    assert gap(np.ones((1, 9)), 0.5, position=position)[0][0].tolist() == times


def test_gap_is_measured_in_time_not_in_observations():
    times = np.array([0.0, 1.0, 2.0, 3.0, 100.0])
    result = gap([(times, times[np.newaxis])], 0.5, position=0)
    assert result.times.tolist() == [100.0]


@given(
    times=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20, unique=True).map(sorted),
    fraction=st.floats(0, 1, exclude_max=True),
    position=st.none() | st.floats(0, 1),
)
def test_gap_leaves_the_first_or_the_last(times, fraction, position):
    left = gap([(times, [times])], fraction, position=position, random_state=0).times
    assert left[0] == times[0] or left[-1] == times[-1]
    if fraction == 0:
        assert left.tolist() == times


@pytest.mark.parametrize("k", [1, 2, 3, 7, 49])
@pytest.mark.parametrize("length", [1, 2, 49, 50, 99, 100])
def test_resample_by_an_integer_takes_every_kth_observation(k, length):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(size=length))
    values = rng.standard_normal((2, length))
    values[:, 1::5] = np.nan
    t, x = resample([(times, values)], 1 / k)[0]
    np.testing.assert_array_equal(t, times[::k])
    np.testing.assert_array_equal(x, values[:, ::k])
    t, x = resample([(times, values)], 1 / k, times="index")[0]
    np.testing.assert_array_equal(t, np.arange(len(times[::k])))
    np.testing.assert_array_equal(x, values[:, ::k])


def test_resample_up_and_down_gives_the_series_back(panel):
    # the interpolated samples are gone again, the observations were never touched
    for rate in (2, 3, 10):
        assert same(resample(resample(panel, rate), 1 / rate), panel)


def test_resample_interpolates_and_keeps_holes():
    times, values = [0.0, 1.0, 3.0, 7.0, 8.0], [[0.0, 1.0, np.nan, 7.0, 8.0]]
    t, x = resample([(times, values)], 2)[0]
    np.testing.assert_allclose(t, [0, 0.5, 1, 2, 3, 5, 7, 7.5, 8])
    np.testing.assert_allclose(x, [[0, 0.5, 1, np.nan, np.nan, np.nan, 7, 7.5, 8]])


@given(length=st.integers(1, 300), rate=st.floats(0.01, 5))
def test_resample_is_exact_on_straight_lines(length, rate):
    t, (x,) = resample(np.arange(float(length))[np.newaxis], rate)[0]
    assert (length - 1) * rate == pytest.approx(len(t) - 1, abs=1)
    np.testing.assert_allclose(t, np.arange(len(t)) / rate, rtol=1e-12)
    np.testing.assert_array_equal(x, t)
    assert t[-1] <= length - 1


def test_resample_of_dates_finds_times_between_them():
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], dtype="M8[D]")
    times, _ = resample([(days, [[0.0, 1.0, 2.0]])], 2)[0]
    np.testing.assert_array_equal(times, np.datetime64("2020-01-01", "h") + 12 * np.arange(5))


@pytest.mark.parametrize("corrupt", [functools.partial(drop, random_state=0), functools.partial(gap, random_state=0)])
def test_a_fraction_for_each_series(panel, corrupt):
    fractions = [0.2, 0.9, 0.0, 0.5, 0.7]
    result = corrupt(panel, fractions)
    for i, fraction in enumerate(fractions):
        assert same(result[[i]], corrupt(panel, fraction)[[i]])


def test_a_rate_for_each_series(panel):
    rates = [0.5, 1.0, 2.0, 0.7, 1.5]
    result = resample(panel, np.array(rates))
    for i, rate in enumerate(rates):
        assert same(result[[i]], resample(panel, rate)[[i]])


def test_rescale_time_stretches_and_nothing_else(panel):
    result = rescale_time(panel, 2.5)
    np.testing.assert_array_equal(result.times, 2.5 * panel.times)
    np.testing.assert_array_equal(result.values, panel.values)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: drop(X, 1.5), "fraction must be at most 1, got 1.5"),
        (lambda X: drop(X, -0.5), "fraction must be at least 0 and finite, got -0.5"),
        (lambda X: drop(X, [1.5]), r"fraction\[0\] must be at most 1, got 1.5"),
        (
            lambda X: drop(X, [0.5, 0.5]),
            r"fraction has shape \(2,\): one number is expected, or one for each of 1 series",
        ),
        (lambda X: resample(X, [-1.0]), r"rate\[0\] must be above 0 and finite, got -1.0"),
        (lambda X: gap(X, 1), "fraction must be below 1, got 1"),
        (lambda X: gap(X, 0.5, position=1.1), "position must be at most 1, got 1.1"),
        (lambda X: resample(X, 0), "rate must be above 0 and finite, got 0"),
        (lambda X: resample(X, 1, times="drop"), "times must be one of 'keep', 'index'; got 'drop'"),
        (lambda X: rescale_time(X, float("nan")), "factor must be above 0 and finite, got nan"),
    ],
)
def test_corruptions_check_their_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call([[1.0, 2.0, 3.0]])
