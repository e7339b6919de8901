"""
A live service
==============

A service on a socket keeps many streams in one memory.  It answers with their coefficients, with a forecast, and with
the class that a trained pipeline predicts.  It writes checkpoints, and continues from them after a restart.  Besides
skhippo and scikit-learn it needs the standard library only.

Each request and each reply is one line of JSON::

    {"stream": "pump 7", "value": 1.5}            ->  {"time": 1760000000.25}      when it counts as observed
    {"stream": "pump 7", "ask": "coefficients"}   ->  {"time": ..., "coefficients": [...]}
    {"stream": "pump 7", "ask": "forecast"}       ->  {"time": ..., "forecast": 1.43}
    {"stream": "pump 7", "ask": "class"}          ->  {"time": ..., "class": "slow", "probability": 0.97}

All streams are rows of one `HiPPOMemory`.  Values that arrive within one tick of the clock are one update of it, so
that thousands of streams cost little more than one.  A stream that said nothing is NaN, and its line is drawn when it
speaks again.

    python live_service.py --port 8765 --folder state    # serves until it is interrupted
    python live_service.py                               # a demonstration of a few seconds
"""

import argparse
import asyncio
import json
import math
import pathlib
import time

import numpy as np
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline

from skhippo import HiPPOMemory, HiPPOTransformer, LagT, project

MEASURE, ORDER, HORIZON = LagT(theta=0.3), 12, 0.2  # seconds
TICK, CHECKPOINT_EVERY, CAPACITY = 0.02, 1.0, 1000


def forecaster() -> Ridge:
    """From the coefficients of now to the value a little later, learned on waves that are seen at random times."""
    rng = np.random.default_rng(0)
    series, queries, targets = [], [], []
    for _ in range(60):
        gap, cycles, phase = rng.uniform(0.02, 0.1), rng.uniform(0.3, 0.6), rng.uniform(0, 2 * np.pi)
        times = np.cumsum(rng.exponential(gap, round(30 / gap)))
        now = rng.choice(times[times.size // 3 :], 20)
        series.append((times, np.sin(2 * np.pi * cycles * times + phase)))
        queries.append(now)
        targets.append(np.sin(2 * np.pi * cycles * (now + HORIZON) + phase))
    known = project(series, MEASURE, ORDER, at=np.array(queries))
    return Ridge(1e-3).fit(known.reshape(-1, ORDER), np.concatenate(targets))


def classifier() -> Pipeline:
    """An ordinary pipeline, fitted on whole series: slow and fast waves.  It predicts from a memory as it is."""
    rng = np.random.default_rng(0)
    kinds, series = np.arange(200) % 2, []
    for kind in kinds:
        gap, cycles, phase = rng.uniform(0.02, 0.1), rng.uniform(0.3, 0.6) * (1 + 2 * kind), rng.uniform(0, 2 * np.pi)
        times = np.cumsum(rng.exponential(gap, round(rng.uniform(2, 10) / gap)))
        series.append((times, np.sin(2 * np.pi * cycles * times + phase)))
    # Of any phase: the classes differ in the spread of the coefficients, not in their means.
    model = make_pipeline(HiPPOTransformer(MEASURE, ORDER), QuadraticDiscriminantAnalysis(reg_param=1e-3))
    return model.fit(series, np.array(["slow", "fast"])[kinds])


class Service:
    """Streams by name, in one memory."""

    def __init__(self, folder: pathlib.Path, forecaster: Ridge, classifier: Pipeline) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.names, self.checkpoint = folder / "names.json", folder / "memory.npz"
        self.forecaster, self.classifier = forecaster, classifier
        self.rows: dict[str, int] = json.loads(self.names.read_text()) if self.names.exists() else {}
        if self.checkpoint.exists():
            self.memory = HiPPOMemory.load(self.checkpoint)
        else:
            self.memory = HiPPOMemory(MEASURE, ORDER, n_streams=CAPACITY)
        self.pending: dict[int, float] = {}
        self.ticked = asyncio.Condition()
        self.coefficients = self.memory.coefficients

    # ------------------------------------------------------------------ the clock
    async def run(self) -> None:
        """Take in what has arrived, tick by tick; save now and then, and in the end."""
        saved = time.monotonic()
        try:
            while True:
                await asyncio.sleep(TICK)
                if self.pending:
                    async with self.ticked:
                        self.observe()
                        self.ticked.notify_all()
                if time.monotonic() > saved + CHECKPOINT_EVERY:
                    self.save()
                    saved = time.monotonic()
        finally:
            self.save()

    def observe(self) -> None:
        values = np.full((self.memory.n_streams, 1), np.nan)
        values[list(self.pending), 0] = list(self.pending.values())
        self.pending.clear()
        now = self.memory.now[0]  # the wall clock may be set back; the memory's may not
        self.memory.update(values, max(time.time(), np.nextafter(now, np.inf)) if now == now else time.time())
        self.coefficients = self.memory.coefficients

    def save(self) -> None:
        # Names first: a name whose row is not saved yet is a stream that has not been seen.
        draft = self.names.with_suffix(".part")
        draft.write_text(json.dumps(self.rows))
        draft.replace(self.names)
        self.memory.save(self.checkpoint)

    # ------------------------------------------------------------------ the socket
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    reply = await self.answer(json.loads(line))
                except (ValueError, KeyError, TypeError) as error:  # one bad line ends neither the talk nor the service
                    reply = {"error": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()

    async def answer(self, request: dict) -> dict:
        row = self.row_of(request["stream"], new="ask" not in request)
        if "ask" not in request:
            value = float(request["value"])
            if not math.isfinite(value):
                raise ValueError(f"the value is {value}: leave out what was not observed")
            async with self.ticked:
                self.pending[row] = value  # of several in a tick the last one counts
                await self.ticked.wait()
            return {"time": self.memory.now[row]}
        known = self.coefficients[row]
        if np.isnan(known).any():
            raise ValueError(f"stream {request['stream']!r} was not observed yet")
        if request["ask"] == "coefficients":
            return {"time": self.memory.now[row], "coefficients": known[0].tolist()}
        if request["ask"] == "forecast":
            return {"time": self.memory.now[row] + HORIZON, "forecast": float(self.forecaster.predict(known)[0])}
        if request["ask"] == "class":
            probabilities = self.classifier.predict_proba(self.memory[[row]])[0]
            best = probabilities.argmax()
            label, probability = str(self.classifier.classes_[best]), float(probabilities[best])
            return {"time": self.memory.now[row], "class": label, "probability": probability}
        raise ValueError(f"ask is {request['ask']!r}: 'coefficients', 'forecast' or 'class' is expected")

    def row_of(self, stream: str, *, new: bool) -> int:
        if stream not in self.rows:
            if not new:
                raise ValueError(f"stream {stream!r} is not known")
            if len(self.rows) == self.memory.n_streams:
                raise ValueError(f"all {len(self.rows)} streams are in use: start with a larger CAPACITY")
            self.rows[stream] = len(self.rows)
        return self.rows[stream]


async def serve(service: Service, port: int, ready: asyncio.Future | None = None) -> None:
    """Serve until cancelled; `ready` becomes the port."""
    server = await asyncio.start_server(service.talk, "127.0.0.1", port)
    if ready is not None:
        ready.set_result(server.sockets[0].getsockname()[1])
    async with server:
        await service.run()


# %%
# A client, and a demonstration: a service is stopped in the middle, and the next one continues


class Client:
    """Ask a line, await a line."""

    @classmethod
    async def connect(cls, port: int) -> "Client":
        client = cls()
        client.reader, client.writer = await asyncio.open_connection("127.0.0.1", port)
        return client

    async def ask(self, **request: object) -> dict:
        self.writer.write(json.dumps(request).encode() + b"\n")
        return json.loads(await self.reader.readline())

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def demonstrate(folder: pathlib.Path, models: tuple[Ridge, Pipeline], seconds: float = 3.0) -> None:
    for life in ("first", "second"):
        ready = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(Service(folder, *models), 0, ready))
        client = await Client.connect(await ready)
        if life == "second":
            print("restarted:", await client.ask(stream="wave", ask="forecast"))
        begin = time.time()
        while (now := time.time()) < begin + seconds:
            await client.ask(stream="wave", value=math.sin(math.pi * now))
        forecast = await client.ask(stream="wave", ask="forecast")
        truth = math.sin(math.pi * forecast["time"])
        print(f"{life} life: forecast {forecast['forecast']:.3f} for {HORIZON} s ahead, the wave will be {truth:.3f}")
        print("its class:", await client.ask(stream="wave", ask="class"))
        await client.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A live service of HiPPOMemory")
    parser.add_argument("--port", type=int)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("output") / "service")
    arguments = parser.parse_args()
    if arguments.port is None:
        asyncio.run(demonstrate(arguments.folder, (forecaster(), classifier())))
    else:
        asyncio.run(serve(Service(arguments.folder, forecaster(), classifier()), arguments.port))
