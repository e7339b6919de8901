"""The examples run and show what the README says."""

import asyncio
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skhippo import HiPPOMemory, project

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def run(name, folder, *arguments):
    environment = os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    call = [sys.executable, EXAMPLES / name, *arguments]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(output, row):
    """The decimal numbers of the line that begins with `row`."""
    line = next(line for line in output.splitlines() if line.startswith(row))
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def test_quickstart(tmp_path):
    pytest.importorskip("sktime", reason="JapaneseVowels ships with sktime")
    pytest.importorskip("matplotlib")
    output = run("quickstart.py", tmp_path)
    assert numbers(output, "clean")[0] > 0.98
    assert numbers(output, "half dropped")[0] > 0.96
    assert (tmp_path / "output" / "quickstart.png").stat().st_size > 10_000


def test_streaming(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("streaming.py", tmp_path)
    assert numbers(output, "LegT")[0] < 0.02
    assert numbers(output, "LagT")[0] < 0.02
    assert numbers(output, "LegS")[0] > 0.05  # 24 coefficients for all of the past: the last second is blurred
    assert (tmp_path / "output" / "streaming.png").stat().st_size > 50_000


@pytest.mark.compiled
def test_million_steps(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("million_steps.py", tmp_path)
    errors = [float(number) for number in re.findall(r"Hz, 1000000 steps.* (\S+e[-+]\d+)", output)]
    assert errors[0] == pytest.approx(0.0185, abs=0.008)  # of ten seeds the mean: tests/test_figure4.py
    assert errors[1] < 1e-6


def test_distributed(tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed")
    output = run("distributed_dask.py", tmp_path)
    assert "300 rows of 32 features" in output
    assert all(float(d) < 1e-10 for d in re.findall(r"(?:machine:|difference) (\S+e[-+]\d+)", output))


@pytest.mark.parametrize(("library", "tables"), [("ray", 2), ("pyspark", 1)])
def test_recipes_of_other_schedulers_give_the_local_features(tmp_path, library, tables):
    pytest.importorskip(library)
    output = run(f"distributed_{library.removeprefix('py')}.py", tmp_path)
    assert output.count("equal to local: True") == tables
    assert "equal to local: False" not in output


def test_mlflow_gives_the_pipeline_back(tmp_path):
    pytest.importorskip("mlflow", minversion="3.0")
    pytest.importorskip("skops")
    output = run("mlflow_model.py", tmp_path)
    assert re.findall(r"equal .*: (\w+)", output) == ["True"] * 3


def test_each_recommended_measure_improves_on_its_counterpart(tmp_path):
    pytest.importorskip("sktime", reason="the data ship with sktime")
    pytest.importorskip("matplotlib")
    output = run("plot_measures.py", tmp_path)
    legs, jacs = numbers(output, "LegS() "), numbers(output, "JacS")[-2:]
    assert jacs[0] < 0.5 * legs[0]
    assert jacs[1] < 1.02 * legs[1]
    lagt, lege = numbers(output, "LagT"), numbers(output, "LegE")
    assert lege[0] < 0.3 * lagt[0]
    assert lege[1] < 0.3 * lagt[1]
    assert numbers(output, "LegS, activity")[0] < numbers(output, "LegS, hours")[0]
    assert numbers(output, "WavS")[0] > 0.85


def load(name):
    """An example as a module, of which nothing runs by itself."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def live():
    module = load("live_service")
    module.MODELS = module.forecaster(), module.classifier()
    return module


async def one_life(live, folder, talk):
    """Start a service, talk to it, and stop it."""
    ready = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(live.serve(live.Service(folder, *live.MODELS), 0, ready))
    client = await live.Client.connect(await ready)
    try:
        return await talk(client, ready.result())
    finally:
        await client.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def test_live_service(live, tmp_path):
    """What it answers is the projection of what it has acknowledged, also in its second life."""
    seen = {"a": [], "b": []}

    async def speak(client, stream, values):
        for value in values:
            seen[stream].append(((await client.ask(stream=stream, value=value))["time"], value))

    async def check(client):
        for stream, observed in seen.items():
            times, values = np.array(observed).T
            reply = await client.ask(stream=stream, ask="coefficients")
            exact = project([(times, values)], live.MEASURE, live.ORDER, at=reply["time"])
            np.testing.assert_allclose(reply["coefficients"], exact[0, 0], rtol=0, atol=1e-9)

    async def first(client, port):
        other = await live.Client.connect(port)
        await asyncio.gather(speak(client, "a", [0.0, 1.0, 0.5]), speak(other, "b", [3.0, -1.0, 2.0, 2.5, 0.0]))
        await other.close()
        await check(client)

    async def second(client, port):
        await check(client)
        await speak(client, "a", [2.0, 1.0])
        await check(client)

    asyncio.run(one_life(live, tmp_path, first))
    asyncio.run(one_life(live, tmp_path, second))


def test_live_service_forecasts(live):
    times = np.sort(np.random.default_rng(1).uniform(0, 30, 1000))
    known = project([(times, np.sin(3.0 * times))], live.MEASURE, live.ORDER)[0]
    assert live.MODELS[0].predict(known)[0] == pytest.approx(np.sin(3.0 * (times[-1] + live.HORIZON)), abs=0.1)


def test_live_service_classifies_streams_as_the_pipeline_classifies_series(live, tmp_path):
    times = np.sort(np.random.default_rng(2).uniform(0, 5, 100))
    waves = [(times, np.sin(2 * np.pi * cycles * times)) for cycles in (0.45, 1.4)]
    classifier = live.MODELS[1]
    assert list(classifier.predict(waves)) == ["slow", "fast"]
    service = live.Service(tmp_path, *live.MODELS)
    service.memory = HiPPOMemory.from_panel(waves, live.MEASURE, live.ORDER)
    service.coefficients, service.rows = service.memory.coefficients, {"a": 0, "b": 1}
    expected = classifier.predict_proba(waves).max(axis=1)
    for stream, label, probability in zip("ab", ["slow", "fast"], expected, strict=True):
        reply = asyncio.run(service.answer({"stream": stream, "ask": "class"}))
        assert reply == {"time": times[-1], "class": label, "probability": pytest.approx(probability, rel=1e-9)}


def test_live_service_survives_bad_requests(live, tmp_path):
    async def talk(client, port):
        bad = [
            {"stream": "a", "value": float("nan")},
            {"stream": "a", "value": [1.0]},
            {"value": 1.0},
            {"stream": "nobody", "ask": "coefficients"},
            {"stream": "a", "ask": "coefficients"},
            [],
        ]
        client.writer.write(b"no json\n")
        errors = [await client.reader.readline()]
        for request in bad:
            client.writer.write(live.json.dumps(request).encode() + b"\n")
            errors.append(await client.reader.readline())
        await client.ask(stream="a", value=1.0)
        return errors, await client.ask(stream="a", ask="coefficients")

    errors, reply = asyncio.run(one_life(live, tmp_path, talk))
    assert all(b'"error"' in line for line in errors)
    assert b"was not observed yet" in errors[5]
    assert reply["coefficients"][0] == pytest.approx(1.0)


def test_transformer_for_river():
    """The code of the guide learns a sine ahead of time, and asking it changes nothing."""
    pytest.importorskip("river")
    page = (EXAMPLES.parent / "docs" / "guide" / "online.rst").read_text().split("\nriver\n-----\n")[1]
    code = textwrap.dedent(page.split(".. code-block:: python\n")[1].split("\nIt was run")[0])
    names = {"np": np, "HiPPOMemory": HiPPOMemory}
    exec(code, names)
    model = names["HiPPOFeatures"](["u"], order=6) | names["linear_model"].LinearRegression()
    times = np.cumsum(np.random.default_rng(0).exponential(0.1, 2000))
    errors = []
    for time in times:
        x, truth = {"time": time, "u": np.sin(time)}, np.sin(time + 0.5)
        errors.append((abs(model.predict_one(x) - truth), abs(x["u"] - truth)))
        assert model.predict_one(x) == model.predict_one(x)
        model.learn_one(x, truth)
    ours, last_value = np.mean(np.array(errors)[times > 100], axis=0)
    assert ours < 0.02 < 0.3 < last_value
    assert np.isnan(model.clone()["HiPPOFeatures"].memory.now).all()


def test_at_a_glance(tmp_path):
    pytest.importorskip("matplotlib")
    assert "(3, 16)" in run("at_a_glance.py", tmp_path, "picture.svg")
    assert "<svg" in (tmp_path / "picture.svg").read_text()


def test_displays(tmp_path):
    pytest.importorskip("matplotlib")
    accuracies = [float(found) for found in re.findall(r"accuracy (\S+?),?\s", run("plot_displays.py", tmp_path))]
    assert min(accuracies) > 0.85
    assert len(accuracies) == 2


def test_gates_and_lmu(tmp_path):
    pytest.importorskip("matplotlib")
    assert "the memory of the LMU is that of LegT" in run("plot_gates_and_lmu.py", tmp_path)


def test_scattering(tmp_path):
    pytest.importorskip("sktime", reason="GunPoint ships with sktime")
    pytest.importorskip("matplotlib")
    output = run("plot_scattering.py", tmp_path)
    assert min(numbers(output, "whole")) > 0.98
    assert min(numbers(output, "half dropped")) > 0.96
    alone, copies = numbers(output, "gap of 40 %")
    assert copies >= alone > 0.9
    assert "combination" in output


def test_clustering(tmp_path):
    pytest.importorskip("sktime", reason="JapaneseVowels ships with sktime")
    pytest.importorskip("matplotlib")
    output = run("plot_clustering.py", tmp_path)
    assert numbers(output, "days")[0] > 0.95
    (clusters, nearest), (clusters_of_means, nearest_of_means) = (
        numbers(output, f"whole, {name}") for name in ("order 4", "mean")
    )
    assert clusters > 0.85 > clusters_of_means + 0.05
    assert nearest > 0.95 > nearest_of_means
    assert numbers(output, "half dropped, order 4")[1] > 0.92


def test_anomalies(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("plot_anomaly.py", tmp_path)
    chance, spikes = numbers(output, "reconstruction error")
    assert numbers(output, "nearest neighbour")[0] > 0.99
    assert numbers(output, "isolation forest")[0] > 0.95
    assert spikes > 0.99
    assert 0.35 < chance < 0.65  # a smooth course is represented, whether it is usual or not
    assert "slow      30 of 30 reported" in output
    assert "spikes    30 of 30 reported" in output


def test_light_curves(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("plot_light_curves.py", tmp_path)
    (in_time,), (folded,), (fits,) = (
        numbers(output, row) for row in ("coefficients in time", "coefficients of the folded curve", "fits ")
    )
    assert in_time + 0.3 < folded < fits > 0.85


def test_forecasting(tmp_path):
    pytest.importorskip("sktime", reason="the passengers of airlines ship with sktime")
    pytest.importorskip("matplotlib")
    whole, holes = run("plot_forecasting.py", tmp_path).split("30 % missing")
    for output, simple in (
        (whole, ["last value", "same month  "]),
        (holes, ["last value", "same month  ", "same month x"]),
    ):
        ours = numbers(output, "  HiPPO")
        assert all(np.less(ours, numbers(output, f"  {name}")).all() for name in simple)
        assert ours[2] < 20 < numbers(output, "  same month x")[2]


def test_identification(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("plot_identification.py", tmp_path)
    before, begun, after = (numbers(output, f" {begin} s")[0] for begin in (400, 500, 900))
    assert before < 0.05
    assert after < 0.05 < begun
    assert numbers(output, "impulse response, tau = 2")[0] < 0.1
    assert numbers(output, "impulse response, tau = 1")[0] < 0.05


def test_uncertainty(tmp_path):
    pytest.importorskip("matplotlib")
    output = run("plot_uncertainty.py", tmp_path)
    assert 0.9 < numbers(output, "share of the signal inside the band:")[0] < 0.99
    assert 0.5 < numbers(output, "root mean square of error / std:")[0] < 1.5
    as_measured, smoothed = (
        numbers(output, f"{name}: root mean square error of the reconstruction")[0]
        for name in ("as measured", "smoothed")
    )
    assert smoothed < as_measured


def test_rnn_classifier(tmp_path):
    pytest.importorskip("sktime", reason="JapaneseVowels ships with sktime")
    pytest.importorskip("torch")
    output = run("rnn_classifier.py", tmp_path)
    assert numbers(output, "legs, no feedback")[0] > 0.96
    assert numbers(output, "legs   ")[0] > 0.93
    assert "the same probabilities: True" in output


@pytest.mark.slow
def test_character_trajectories(tmp_path, data_folder):
    output = run("character_trajectories.py", tmp_path)
    print(output)
    to_200, to_100, _ = numbers(output, "own lengths, order 16")
    assert to_200 >= 0.986
    assert to_100 >= 0.988
    for row in ("padded, order 16", "padded, order 32"):
        assert min(numbers(output, row)) > 0.96


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "packages", "row"),
    [
        ("automl_flaml.py", ["flaml", "lightgbm"], "FLAML on coefficients"),
        ("automl_skrub.py", ["skrub"], "test accuracy of the best"),
        ("automl_optuna.py", ["optuna"], "test accuracy"),
    ],
)
def test_automl(tmp_path, name, packages, row):
    absent = [package for package in packages if importlib.util.find_spec(package) is None]
    if absent:
        pytest.skip(f"{' and '.join(absent)} not installed: see the extra automl")
    assert numbers(run(name, tmp_path), row)[0] > 0.8


# ------------------------------------------------------------------ tables of the paper
@pytest.fixture
def reproduce(monkeypatch, capsys):
    """A function that runs a script of ``reproduce`` in this process and returns what it prints."""
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(EXAMPLES / "reproduce")

    def run_here(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        load(f"reproduce/{name}").main()
        return capsys.readouterr().out

    return run_here


def test_small_timescale_shift(reproduce):
    output = reproduce("timescale_shift", "--small", "--systems", "legs", "lmu", "coefficients + LogisticRegression")
    for rate in ("100 to 200 Hz", "200 to 100 Hz"):
        assert numbers(output, f"{'legs':<36}{rate}")[1:] == [1.0, 1.0]  # the first is the published one
        assert numbers(output, f"{'coefficients + LogisticRegression':<36}{rate}") == [1.0, 1.0]
        assert len([line for line in output.splitlines() if rate in line]) == 3


def test_small_missing_data(reproduce):
    output = reproduce("missing_data", "--small", "--dropped", 0.5, "--systems", "legs", "gru_d", "HiPPOClassifier")
    assert numbers(output, "legs ") == [1.0, 1.0, 1.0]  # whatever the speed of time
    assert numbers(output, "HiPPOClassifier") == [1.0, 1.0, 1.0]
    assert len(numbers(output, "gru_d")) == 3


@pytest.mark.parametrize(("cell", "package"), [("ode_rnn", "torchdiffeq"), ("ncde", "torchcde")])
def test_small_tables_with_differential_equations(cell, package, reproduce):
    pytest.importorskip(package, reason=f"{package} is not installed: see the extra reproduce")
    assert len(numbers(reproduce("missing_data", "--small", "--dropped", 0.5, "--systems", cell), cell)) == 3


@pytest.mark.parametrize("system", ["MiniRocket, interpolated", "1-NN DTW, interpolated"])
def test_small_tables_with_rivals_on_a_grid(system, reproduce):
    pytest.importorskip("sktime")
    assert min(numbers(reproduce("missing_data", "--small", "--dropped", 0.5, "--systems", system), system)) > 0.9


def test_small_permuted_mnist(reproduce):
    rows = ["legs", "gru", "legs, feedback=False", "legt, feedback=False", "transformer + MLPClassifier"]
    output = reproduce("permuted_mnist", "--small", "--tasks", "permuted", "--rows", *rows)
    for row in rows[2:]:
        assert numbers(output, row)[0] > 0.5
    assert len(output.split("minutes")[1].splitlines()) == 7  # and the vote


@pytest.mark.compiled
def test_small_function_approximation(reproduce):
    output = reproduce("function_approximation", "--small")
    floor = numbers(output, "polynomial")[0]
    for way in ("projection", "10 parts, merged"):
        assert numbers(output, f"LegS, {way}")[0] == pytest.approx(floor, abs=2e-4)  # of the samples, not of lines
    for network in ("LSTM", "LMU"):
        assert numbers(output, f"{network}, trained")[0] > 0.2  # after one batch


def test_small_run_on_a_gpu_without_one(reproduce):
    output = reproduce("on_gpu", "--small", "--device", "cpu", "--cells", "legs", "gru")
    for row in ("legs ", "gru ", "legs, feedback=False"):
        assert len(numbers(output, row)) == 3
        assert numbers(output, row)[-1] < 10  # the mantissa of the difference
    assert output.count("e-") + output.count("0.00e+00") == 3  # the same on the CPU
    assert len(numbers(output, "100 sequences")) == 2
    assert "not run: out of time" in reproduce("on_gpu", "--small", "--device", "cpu", "--minutes", 0)


def test_figures_of_the_paper(reproduce, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    paths = reproduce("figures", "--small", tmp_path).splitlines()
    assert len(paths) == 5
    assert all(pathlib.Path(path).stat().st_size > 5000 for path in paths)


@pytest.mark.slow
def test_missing_data(tmp_path, data_folder):
    pytest.importorskip("torch")
    output = run("reproduce/missing_data.py", tmp_path, "--dropped", "0.5", "--systems", "legs")
    print(output)
    assert min(numbers(output, "legs")) >= 0.96


@pytest.mark.slow
def test_permuted_mnist(tmp_path, data_folder):
    pytest.importorskip("torch")
    if not (data_folder / "MNIST").is_dir():
        pytest.skip("SKHIPPO_DATA has no folder MNIST")
    output = run("reproduce/permuted_mnist.py", tmp_path, "--tasks", "permuted", "--rows", "legs, feedback=False")
    print(output)
    assert numbers(output, "legs, feedback=False")[0] >= 0.983
