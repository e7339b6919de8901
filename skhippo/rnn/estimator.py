"""Base class of the estimators of `skhippo.rnn`: reading input, building, training, predicting, files."""

from __future__ import annotations

import copy
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from torch import Tensor

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.input import InputLayout
from skhippo._sklearn.learning import median_duration
from skhippo._sklearn.targets import join_weights, read_weights, warn_of_lost_classes
from skhippo._support.files import damaged
from skhippo._support.progress import reported
from skhippo._support.types import Floats
from skhippo._support.validation import Interval, StrOptions, check_ordered
from skhippo.measures import Measure
from skhippo.panel.alignment import check_follows
from skhippo.panel.container import Panel
from skhippo.panel.durations import DURATION_TYPES, Duration, in_unit_of_times
from skhippo.panel.layout import namer
from skhippo.rnn.cells import MemoryCell
from skhippo.rnn.data import Labelled, Preparation
from skhippo.rnn.devices import find_device, find_precision, on_cpu
from skhippo.rnn.examples import Examples, hold_back, stops_early
from skhippo.rnn.losses import Loss
from skhippo.rnn.module import CELLS, INPUTS, POOLINGS, HiPPORNN, as_cell
from skhippo.rnn.saving import describe_settings, read_model, settings_from, write_model
from skhippo.rnn.scaling import SCALINGS, Scaling
from skhippo.rnn.training import (
    OPTIMIZERS,
    SCHEDULES,
    Record,
    Training,
    choose_learning_rate,
    count_epochs,
    explain_out_of_memory,
    outputs,
    with_gradients,
)

__all__ = ["Callback", "NetworkEstimator"]

# Parameters of the network; all others are parameters of its training.
_ARCHITECTURE = (
    "cell", "hidden_size", "order", "memory_size", "feedback", "gate", "inputs", "discretization", "pooling", "n_reads",
    "dropout", "scaling",
)  # fmt: skip

# Attributes of a fitted estimator stored in a file, besides tensors, parameters and the state of its targets.
_STATE = ("history_", "n_features_in_", "_architecture", "_seed")

# Parameters of files that were written before these parameters existed.
_EARLIER = {"scaling": "standard"}

Callback = Callable[[Any, Record], object]


class NetworkEstimator(SeriesEstimator, ABC):
    """Base class of estimators with a recurrent network; subclasses define the targets.

    Subclasses list all parameters in their own `__init__`, where scikit-learn looks for them.
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "cell": [StrOptions(set(CELLS)), Measure],
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "order": [Interval(Integral, 1, None, closed="left")],
        "memory_size": [None, Interval(Integral, 1, None, closed="left")],
        "feedback": ["boolean"],
        "gate": ["boolean"],
        "theta": [None, *DURATION_TYPES, Interval(Real, 0, None, closed="neither")],
        "inputs": ["array-like"],
        "discretization": [str, Real],
        "pooling": [StrOptions(set(POOLINGS))],
        "n_reads": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "scaling": [StrOptions(set(SCALINGS))],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "schedule": [StrOptions(set(SCHEDULES))],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "gradient_clip": [None, Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "float64", "bfloat16"})],
        "compile": ["boolean", StrOptions({"auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [None, list, tuple],
        "warm_start": ["boolean"],
        "time_channel": [None, Integral],
    }
    # Parameters of the training may change from one call to the next; parameters of the network may not.
    _free_parameters = frozenset(_parameter_constraints).difference(_ARCHITECTURE, ["theta"]) | {
        "dropout",
        "label_smoothing",
        "class_weight",
    }

    _optimizer_state: dict[str, Any] | None
    _optimizer_of_state: object

    @abstractmethod
    def __init__(
        self,
        *,
        cell: str | Measure,
        hidden_size: int,
        order: int,
        memory_size: int | None,
        feedback: bool,
        gate: bool,
        theta: float | Duration | None,
        inputs: Sequence[str],
        discretization: str | float,
        pooling: str,
        n_reads: int,
        dropout: float,
        scaling: str,
        max_epochs: int | str,
        batch_size: int,
        learning_rate: float | str,
        schedule: str,
        optimizer: str | Callable[..., torch.optim.Optimizer],
        weight_decay: float,
        gradient_clip: float | None,
        validation_fraction: float,
        early_stopping: bool | str,
        patience: int,
        device: str,
        precision: str,
        compile: bool | str,
        random_state: int | np.random.RandomState | None,
        verbose: int,
        callbacks: Sequence[Callback] | None,
        warm_start: bool,
        time_channel: int | None,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.order = order
        self.memory_size = memory_size
        self.feedback = feedback
        self.gate = gate
        self.theta = theta
        self.inputs = inputs
        self.discretization = discretization
        self.pooling = pooling
        self.n_reads = n_reads
        self.dropout = dropout
        self.scaling = scaling
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.device = device
        self.precision = precision
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.time_channel = time_channel

    # ------------------------------------------------------------------ targets, defined by subclasses
    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """Loss of the training."""

    @property
    @abstractmethod
    def _n_outputs(self) -> int:
        """Number of outputs of the network."""

    @abstractmethod
    def _read_targets(
        self, y: Any, panel: Panel, *, known: bool, classes: ArrayLike | None = None
    ) -> tuple[NDArray, Floats]:
        """Return targets in the form of `Examples`, and the factors for the weights of their series.

        For a classifier, `classes` are all classes that will occur.
        """

    @abstractmethod
    def _targets_tensor(self, targets: NDArray, dtype: torch.dtype) -> Tensor:
        """Return targets in the form that the loss needs."""

    def _learn_targets(self, train: Examples) -> None:
        """Learn what the targets need besides the network; called once, before the first training."""

    def _describe_targets(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return the state of the targets to store in a file, as JSON values and as tensors."""
        return {}, {}

    def _restore_targets(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Restore the state returned by `_describe_targets`, and remove its tensors from `tensors`."""

    # ------------------------------------------------------------------ training
    def _fit(
        self, X: object, y: Any, sample_weight: ArrayLike | None, X_val: object, y_val: Any, *, stratify: bool
    ) -> Self:
        goes_on = self.warm_start and hasattr(self, "module_")
        train = self._examples(X, y, sample_weight, known=goes_on)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both or none")
        valid = None if X_val is None else self._validation_examples(X_val, y_val)
        seed = self._seed if goes_on else self._new_seed()
        stops = stops_early(self.early_stopping, given=valid is not None)
        if valid is None and stops:
            rng = np.random.default_rng(seed)
            train, valid = hold_back(train, self.validation_fraction, rng, stratify=stratify)
        if not goes_on:
            self._build(train, seed)
        self._forget_optimizer()
        epochs = count_epochs(self.max_epochs, len(train.panel), self.batch_size)
        self._train(train, valid, epochs, self.patience if stops else None, self.schedule)
        self._forget_optimizer()  # only `partial_fit` continues with it
        return self

    def _partial_fit(
        self, X: object, y: Any, sample_weight: ArrayLike | None, classes: ArrayLike | None = None
    ) -> Self:
        known = hasattr(self, "module_")
        train = self._examples(X, y, sample_weight, known=known, classes=classes)
        if not known:
            self._build(train, self._new_seed())
        self._train(train, None, 1, None, "constant")
        return self

    def _examples(
        self, X: object, y: Any, sample_weight: ArrayLike | None, *, known: bool, classes: ArrayLike | None = None
    ) -> Examples:
        """Read series, targets and weights; learn the channels and targets, or (`known`) check them."""
        panel = self._read_labelled(X, y, reset=not known)
        targets, factors = self._read_targets(y, panel, known=known, classes=classes)
        weights = read_weights(sample_weight, panel)
        if is_classifier(self) and not known and classes is None:
            warn_of_lost_classes(self.classes_, targets, weights)
        return Examples(panel, targets, join_weights(weights, factors)).with_weight()

    def _validation_examples(self, X: object, y: Any) -> Examples:
        panel = self._read_alike(X)  # `_read` would fail, because `fit` has not finished
        check_follows(panel.series_ids, y)
        targets, factors = self._read_targets(y, panel, known=True)
        if not factors.any():
            raise ValueError(
                "class_weight is 0 for the classes of all series of X_val, so no series is left for validation"
            )
        return Examples(panel, targets, factors).with_weight()

    def _new_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _asked_architecture(self, panel: Panel) -> dict[str, Any]:
        """Return the parameters of a network for a panel; theta is None if it is to be learned from the series."""
        asked = {name: getattr(self, name) for name in _ARCHITECTURE}
        check_ordered("inputs", self.inputs)
        asked["inputs"] = tuple(self.inputs)
        unknown = set(asked["inputs"]) - set(INPUTS)
        if unknown or not asked["inputs"]:
            raise ValueError(f"inputs is {self.inputs!r}: some of {INPUTS} are expected")
        if self.memory_size is None:
            asked["memory_size"] = panel.n_channels * len(asked["inputs"])
        theta = in_unit_of_times(self.theta, panel.time_kind)
        asked["theta"] = None if theta is None else float(theta)
        if isinstance(self.cell, Measure):
            asked["theta"] = as_cell(self.cell, theta).time_scale  # type: ignore[union-attr]
        return asked

    def _build(self, train: Examples, seed: int) -> None:
        """Learn the scaling of the channels and of the targets, and make a network."""
        architecture = self._asked_architecture(train.panel)
        if architecture["theta"] is None:
            architecture["theta"] = median_duration(train.panel, "linear")
        scaling = Scaling.learn(train.panel, train.weights, self.scaling)
        self._learn_targets(train)
        self._assemble(architecture, scaling, seed)
        self.history_: list[Record] = []
        self._forget_optimizer()
        self._remember_parameters()

    def _assemble(self, architecture: dict[str, Any], scaling: Scaling, seed: int) -> None:
        """Set everything that predictions need, with a network of new weights."""
        self.theta_, self._seed = architecture["theta"], seed
        self._architecture = architecture
        of_network = {name: value for name, value in architecture.items() if name not in ("n_reads", "scaling")}
        self.preparation_ = Preparation(scaling, **_projection(architecture))
        generator = torch.Generator().manual_seed(seed)
        with with_gradients():
            self.module_ = HiPPORNN(len(scaling.center), self._n_outputs, generator=generator, **of_network)

    def _train(
        self, train: Examples, valid: Examples | None, max_epochs: int, patience: int | None, schedule: str
    ) -> None:
        device = find_device(self.device)
        precision = find_precision(self.precision, device)
        dtype = torch.float64 if precision == "float64" else torch.float32
        self.module_.to(device, dtype)
        self.module_.dropout.p = self.dropout
        if self.compile is True and not isinstance(self.module_.cell, MemoryCell):
            self.module_.compile(dynamic=True)
        # A later call uses other random numbers; torch's global generators are not changed.
        seed = int(np.random.SeedSequence([self._seed, len(self.history_)]).generate_state(1)[0])
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            explain_out_of_memory(self.batch_size),
            reported(self.verbose, max_epochs, "epoch") as report,
            with_gradients(),
        ):
            training = self._training(precision)
            torch.manual_seed(seed)
            training.run(
                self._labelled(train, device, dtype),
                None if valid is None else self._labelled(valid, device, dtype),
                max_epochs=max_epochs,
                patience=patience,
                schedule=schedule,
                generator=torch.Generator().manual_seed(seed),
                after_epoch=lambda record: self._tell(record, report),
            )
        self._optimizer_state, self._optimizer_of_state = training.optimizer.state_dict(), self.optimizer

    def _training(self, precision: str) -> Training:
        """Return the training of the network, with the state of the last optimizer if it was of the same kind."""
        training = Training(
            network=self.module_,
            loss=self._loss,
            batch_size=self.batch_size,
            learning_rate=choose_learning_rate(self.learning_rate, self.cell),
            weight_decay=self.weight_decay,
            make_optimizer=self.optimizer,
            gradient_clip=self.gradient_clip,
            precision=precision,
            history=self.history_,
        )
        if self._optimizer_state is not None and self._optimizer_of_state == self.optimizer:
            training.resume(self._optimizer_state)
        return training

    def _forget_optimizer(self) -> None:
        self._optimizer_state, self._optimizer_of_state = None, None

    def _labelled(self, examples: Examples, device: torch.device, dtype: torch.dtype) -> Labelled:
        weights = torch.from_numpy(examples.weights / examples.weights.mean()).to(device, dtype)
        targets = self._targets_tensor(examples.targets, dtype).to(device)
        return Labelled(self.preparation_(examples.panel, dtype).to(device), targets, weights)

    def _tell(self, record: Record, report: Callable[[Mapping[str, object]], None]) -> bool:
        """Show a record and pass it to the callbacks; return whether one of them stops training."""
        report({key: f"{record[key]:.4g}" for key in ("train_loss", "valid_loss") if key in record})
        answers = [callback(self, record) for callback in self.callbacks or ()]  # all are called
        return any(answers)

    # ------------------------------------------------------------------ predictions
    def _outputs(self, X: object) -> tuple[Tensor, np.dtype]:
        """Return float64 outputs on the CPU, and the type of the values in `X`."""
        panel = self._read(X, reset=False)
        device = find_device(self.device, otherwise="cpu")
        network, dtype = self.module_.to(device), torch.float32
        if device.type == "cpu":
            network, dtype = copy.deepcopy(network).double(), torch.float64
        with explain_out_of_memory(self.batch_size):
            found = outputs(network, self.preparation_(panel, dtype).to(device), self.batch_size)
        found = found.double().cpu()
        finite = found.isfinite().all(dim=1)
        if not finite.all():
            where = namer(panel.series_ids)(int(finite.logical_not().nonzero()[0]))
            raise ValueError(f"{where} has no finite output: its values are too far from those of the training series")
        return found, panel.dtype

    # ------------------------------------------------------------------ files
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a file in the safetensors format, without pickle.

        Parameters
        ----------
        path : str or path
            The file.  If writing fails, an existing file is not changed.  Parameters that are Python objects
            (`callbacks`, an `optimizer` that is not a name, a `random_state` that is not a number) are not stored and
            have their default values after loading.

        Raises
        ------
        ValueError
            If class labels are neither strings, numbers nor booleans, or if `cell` is a measure that is not part of
            skhippo.
        """
        self._check_fitted()
        of_targets, tensors_of_targets = self._describe_targets()
        state = {name: getattr(self, name) for name in _STATE} | of_targets
        state |= {
            "_architecture": describe_settings(self._architecture),
            "layout": self._input_layout.to_record(),
            "settings": describe_settings(self.get_params(deep=False)),
            "feature_names": self.feature_names_in_.tolist() if hasattr(self, "feature_names_in_") else None,
        }
        tensors = {f"network.{name}": tensor.cpu() for name, tensor in self.module_.state_dict().items()}
        arrays = {} if self.preparation_.scaling is None else self.preparation_.scaling.arrays()
        tensors |= {name: torch.from_numpy(array) for name, array in arrays.items()}
        write_model(path, type(self).__name__, state, tensors | tensors_of_targets)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load an estimator from a file written by `save`.

        Parameters
        ----------
        path : str or path
            The file.  No code in it is executed.

        Returns
        -------
        estimator
            The fitted estimator.  Its network is on the CPU until the first prediction.

        Raises
        ------
        ValueError
            If the file is damaged, is not such a file, or was written by a later version of skhippo.
        """
        state, tensors = read_model(path, cls.__name__)
        try:
            return cls._from(state, tensors)
        except Exception as error:  # invalid contents may raise any error
            raise damaged(path, cls.__name__, error) from error

    @classmethod
    def _from(cls, state: dict[str, Any], tensors: dict[str, Tensor]) -> Self:
        settings, architecture = (_EARLIER | settings_from(state[name]) for name in ("settings", "_architecture"))
        model = cls(**settings)
        model._validate_params()
        model._restore_targets(state, tensors)
        if state["feature_names"] is not None:
            model.feature_names_in_ = np.array(state["feature_names"], dtype=object)
        for name in _STATE:
            setattr(model, name, state[name])
        model._input_layout = InputLayout.from_record(state["layout"])
        scaling = Scaling(**{name: tensors.pop(name).numpy() for name in Scaling.NAMES if name in tensors})
        if len(scaling.center) != model.n_channels_:
            raise ValueError(f"center: one number per channel ({model.n_channels_}) is expected")
        model._assemble(architecture, scaling, state["_seed"])
        weights = {name.removeprefix("network."): tensor for name, tensor in tensors.items()}
        model.module_.load_state_dict(weights)
        model._forget_optimizer()
        model._remember_parameters()
        return model

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to pickle, with tensors on the CPU, so that it can be loaded without a GPU."""
        state = super().__getstate__()
        if "module_" in state:
            state = state | {
                "module_": copy.deepcopy(self.module_).cpu(),
                "_optimizer_state": on_cpu(self._optimizer_state),
            }
        return state


def _projection(architecture: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the coefficients (`Preparation`) of a network without feedback, else {}."""
    cell = as_cell(architecture["cell"], architecture["theta"])
    if architecture["feedback"] or not isinstance(cell, Measure):
        return {}
    return {"measure": cell} | {name: architecture[name] for name in ("order", "inputs", "n_reads")}
