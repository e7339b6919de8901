"""`HiPPORNNClassifier`: a recurrent network with HiPPO memory, as scikit-learn means a classifier."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
from torch import Tensor

from skhippo._sklearn.input import read_panel
from skhippo._sklearn.links import DocumentedMixin
from skhippo._support.files import damaged
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import Interval, StrOptions, check_sample_weight, fit_context
from skhippo.measures import MEASURES, as_measure
from skhippo.panel.container import Panel
from skhippo.projection.hold import domain_ends
from skhippo.rnn.cells import MemoryCell
from skhippo.rnn.data import Labelled, Preparation
from skhippo.rnn.module import CELLS, INPUTS, HiPPORNN
from skhippo.rnn.saving import (
    classes_from,
    describe_classes,
    describe_settings,
    read_model,
    settings_from,
    write_model,
)
from skhippo.rnn.training import OPTIMIZERS, SCHEDULES, Record, Training, explain_out_of_memory, outputs

__all__ = ["HiPPORNNClassifier"]

# What the network is built from; the rest of the parameters says how it is trained.
_ARCHITECTURE = (
    "cell", "hidden_size", "order", "memory_size", "feedback", "gate", "inputs", "discretization", "dropout",
)  # fmt: skip

Callback = Callable[["HiPPORNNClassifier", Record], object]


class HiPPORNNClassifier(DocumentedMixin, ClassifierMixin, BaseEstimator):
    r"""Recurrent network with HiPPO memory, trained end to end.

    A cell walks along each series, at its real timestamps; the memory of a HiPPO cell holds the coefficients of what
    it has seen.  The state at the end of each series gives the probabilities of the classes.

    Parameters
    ----------
    cell : str, default="legs"
        With memory in a measure ("legs", "legt", "lagt", "fout"), of Voelker et al. 2019 ("lmu") or with a frozen
        random matrix ("random"); or a baseline without one: "rnn", "gru", "mgu", "lstm", "exprnn", "gru_d".
    hidden_size : int, default=128
        Size of the state.
    order : int, default=64
        Coefficients of each memory.
    memory_size : int, optional
        Number of memories.  By default 1, as in the paper; without `feedback` one for each input, since nothing else
        tells the channels apart then.
    feedback : bool, default=True
        Whether the state feeds the memory.  Without, the memory at the end of a series is one projection, training no
        longer walks through time, and takes seconds; for legs, legt, lagt and fout.
    gate : bool, default=True
        Whether the state is updated through a gate.
    theta : float, optional
        Time scale of a translated measure, in the units of the timestamps.  By default the median duration of the
        training series (`theta_`).
    inputs : sequence of {"values", "observed", "gaps"}, default=("values",)
        What the cell sees of each channel: its last observation, whether there is one now, how long ago the last was.
    discretization : str or float, default="bilinear"
        Of the memory's equation; see `skhippo.discretization`.
    dropout : float, default=0.0
        Share of what the readout sees that is left out at random in training.
    max_epochs : int, default=100
        How often training goes over the series.
    batch_size : int, default=64
        Series in one step of training; predictions take four times as many at once.
    learning_rate : float, default=1e-3
        Largest step of the optimizer.
    schedule : {"cosine", "constant"}, default="cosine"
        Up to `learning_rate` over the first twentieth of `max_epochs`, then down to 0 along half a cosine; or constant.
    optimizer : {"adamw", "adam", "sgd"} or callable, default="adamw"
        Or a function of parameter groups, ``lr`` and ``weight_decay`` that returns a `torch.optim.Optimizer`.
    weight_decay : float, default=0.01
        Decay of weights, not of biases.
    gradient_clip : float or None, default=1.0
        Largest norm of a gradient.
    validation_fraction : float, default=0.1
        Share of the series of each class that `early_stopping` holds back, unless `fit` is given some; at least one of
        each class stays.
    early_stopping : bool, default=True
        Whether to stop after `patience` epochs without a smaller loss on the validation series (on the training
        series, where there are too few to hold any back), and to keep the weights of the best epoch.
    patience : int, default=10
        Epochs to wait for something better.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, as scikit-learn means them.
    device : str, default="auto"
        "auto" is the GPU, if torch sees one of CUDA, or else the CPU; or any device of torch with float64.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        Of training.  "auto" is bfloat16 (mixed precision) on GPUs that have it, or else float32.  The walk of cells
        with memory is in float32 then, too: what adds up over thousands of steps needs its digits.
    compile : {"auto"} or bool, default="auto"
        True has `torch.compile` work on the network before training, which takes half a minute.  Not on cells with
        memory: their walk is one node of the graph already.  "auto" is False.
    random_state : int, RandomState instance or None, default=None
        Of initial weights, dropout, the order of series and those held back.  The same seed gives the same weights on
        one device.
    verbose : int, default=0
        1 shows a progress bar.
    callbacks : sequence of callables, optional
        Each is called after every epoch with the classifier and the record of the epoch, the last of `history_`; if
        one returns something true, training ends.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last `fit`.
    time_channel : int, optional
        Channel of array input that holds the timestamps.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    module_ : HiPPORNN
        The network.
    history_ : list of dict
        One record an epoch: ``epoch, train_loss, train_accuracy, valid_loss, valid_accuracy`` (with validation series),
        ``learning_rate, seconds, best``.  The training figures are means over the epoch, while weights changed.
    theta_ : float
        Time scale in use; LegS has none.
    center_, scale_ : ndarray of shape (n_channels,)
        Mean and standard deviation of each channel over the training series, which standardise it.
    n_channels_ : int
        Channels of the training panel.
    channel_names_ : tuple of str
        Their names; ``x0, x1, ...`` where the input has none.
    n_features_in_ : int
        Columns of two-dimensional input; channels of any other.
    feature_names_in_ : ndarray of str
        Column names, where the input was a wide table that has them.

    See Also
    --------
    HiPPOTransformer : coefficients without training, for any classifier.
    skhippo.rnn.HiPPORNN : the bare network.

    Notes
    -----
    Gu, Dao, Ermon, Rudra, Re, "HiPPO: Recurrent Memory with Optimal Polynomial Projections", NeurIPS 2020
    (arXiv 2008.07669), section 2.4.  A missing value is the channel's last observation, 0 (the mean) before its first;
    without `feedback`, series are straight lines between observations, as for `HiPPOTransformer`.

    On a CPU predictions are computed in float64: those of a series do not depend on the rest of the batch, but for
    the last digits.

    Examples
    --------
    >>> from skhippo import HiPPORNNClassifier
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(60, n_classes=2, missing=0.2, random_state=0)
    >>> model = HiPPORNNClassifier(feedback=False, order=16, hidden_size=32, learning_rate=0.01, random_state=0)
    >>> bool(model.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "cell": [StrOptions(set(CELLS))],
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "order": [Interval(Integral, 1, None, closed="left")],
        "memory_size": [None, Interval(Integral, 1, None, closed="left")],
        "feedback": ["boolean"],
        "gate": ["boolean"],
        "theta": [None, Interval(Real, 0, None, closed="neither")],
        "inputs": ["array-like"],
        "discretization": [str, Real],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "schedule": [StrOptions(set(SCHEDULES))],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "gradient_clip": [None, Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [None, dict, StrOptions({"balanced"})],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "float64", "bfloat16"})],
        "compile": ["boolean", StrOptions({"auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [None, list, tuple],
        "warm_start": ["boolean"],
        "time_channel": [None, Integral],
    }

    def __init__(
        self,
        cell: str = "legs",
        *,
        hidden_size: int = 128,
        order: int = 64,
        memory_size: int | None = None,
        feedback: bool = True,
        gate: bool = True,
        theta: float | None = None,
        inputs: Sequence[str] = ("values",),
        discretization: str | float = "bilinear",
        dropout: float = 0.0,
        max_epochs: int = 100,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        schedule: str = "cosine",
        optimizer: str | Callable[..., torch.optim.Optimizer] = "adamw",
        weight_decay: float = 0.01,
        gradient_clip: float | None = 1.0,
        validation_fraction: float = 0.1,
        early_stopping: bool = True,
        patience: int = 10,
        class_weight: dict[Any, float] | str | None = None,
        device: str = "auto",
        precision: str = "auto",
        compile: bool | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        callbacks: Sequence[Callback] | None = None,
        warm_start: bool = False,
        time_channel: int | None = None,
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
        self.dropout = dropout
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
        self.class_weight = class_weight
        self.device = device
        self.precision = precision
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.time_channel = time_channel

    # ------------------------------------------------------------------ fit
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: object,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: object = None,
        y_val: ArrayLike | None = None,
    ) -> HiPPORNNClassifier:
        """Train a network; from the beginning, unless `warm_start` is set.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,)
            Their classes: strings, numbers, anything that sorts.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.  Series of weight 0 are as good as not there.
        X_val, y_val : Panel or anything that `as_panel` takes, and array-like, optional
            Series and classes that judge the epochs; then none of `X` are held back.

        Returns
        -------
        HiPPORNNClassifier
            The fitted classifier.

        Raises
        ------
        FloatingPointError
            If the loss is no longer a number.
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        goes_on = self.warm_start and hasattr(self, "module_")
        train = self._examples(X, y, sample_weight, known=goes_on)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: give both or none")
        valid = None if X_val is None else self._examples(X_val, y_val, None, known=True)
        seed = self._seed if goes_on else self._new_seed()
        if valid is None and self.early_stopping:
            train, valid = _hold_back(train, self.validation_fraction, np.random.default_rng(seed))
        if not goes_on:
            self._build(train, seed)
        self._optimizer_state: dict[str, Any] | None = None
        self._train(train, valid, self.max_epochs, self.patience if self.early_stopping else None, self.schedule)
        self._optimizer_state = None  # only `partial_fit` goes on with it
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: object, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> HiPPORNNClassifier:
        """Go over series once, from the weights there are; the first call also learns what `fit` learns of `X`.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,)
            Their classes.
        classes : array-like of shape (n_classes,), optional
            All classes that there will be; needed in the first call, unless after `fit`.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.

        Returns
        -------
        HiPPORNNClassifier
            The classifier.

        Notes
        -----
        The learning rate is constant, the optimizer remembers the last call, and no series are held back.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all series at once: give the weights as a dict, or use sample_weight"
            )
        known = hasattr(self, "module_")
        if not known and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        train = self._examples(X, y, sample_weight, known=known, classes=classes)
        if not known:
            self._build(train, self._new_seed())
        self._train(train, None, 1, None, "constant")
        return self

    # ------------------------------------------------------------------ what training begins with
    def _examples(
        self,
        X: object,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None,
        *,
        known: bool,
        classes: ArrayLike | None = None,
    ) -> _Examples:
        """Read series, classes and weights; learn what channels and classes there are, or check that they are known."""
        panel = read_panel(self, X, reset=not known)
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(panel, labels)
        check_classification_targets(labels)
        own = np.unique(labels if classes is None else column_or_1d(classes))
        if not known:
            self.classes_ = own
        elif classes is not None and not np.array_equal(own, self.classes_):
            raise ValueError(f"classes are {own}, but were {self.classes_} before: give the same, or none")
        strange = ~np.isin(labels, self.classes_)
        if strange.any():
            raise ValueError(
                f"y holds the class {labels[strange].tolist()[0]!r}, which is not among the known {self.classes_}"
            )
        weights = check_sample_weight(sample_weight, panel.lengths, dtype=np.float64, ensure_non_negative=True)
        if not weights.any():
            raise ValueError("all values of sample_weight are 0: no series is left to learn from")
        if not weights.all():
            panel, labels, weights = panel[weights > 0], labels[weights > 0], weights[weights > 0]
        weights = weights * compute_sample_weight(self.class_weight, labels)
        return _Examples(panel, np.searchsorted(self.classes_, labels), weights)

    def _new_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _build(self, train: _Examples, seed: int) -> None:
        """Learn what standardises the channels, and make a network."""
        architecture = describe_settings({name: getattr(self, name) for name in _ARCHITECTURE})
        architecture["inputs"] = tuple(self.inputs)
        unknown = set(architecture["inputs"]) - set(INPUTS)
        if unknown or not architecture["inputs"]:
            raise ValueError(f"inputs is {self.inputs!r}: some of {INPUTS} are expected")
        if self.memory_size is None:
            architecture["memory_size"] = 1 if self.feedback else train.panel.n_channels * len(architecture["inputs"])
        start, end = domain_ends(train.panel, "linear")
        median = float(np.median(end - start)) or 1.0  # series of one observation have no duration
        architecture["theta"] = median if self.theta is None else float(self.theta)
        learned = Preparation.learn(train.panel, train.weights)
        self._assemble(architecture, learned.center, learned.scale, seed)
        self.history_: list[Record] = []
        self._optimizer_state = None

    def _assemble(self, architecture: dict[str, Any], center: NDArray, scale: NDArray, seed: int) -> None:
        """Set all that predictions need, the network with new weights."""
        self.center_, self.scale_, self.theta_, self._seed = center, scale, architecture["theta"], seed
        self._architecture = architecture
        self._preparation = Preparation(center, scale, *_projection(architecture))
        generator = torch.Generator().manual_seed(seed)
        self.module_ = HiPPORNN(len(center), len(self.classes_), generator=generator, **architecture)

    # ------------------------------------------------------------------ training
    def _train(
        self, train: _Examples, valid: _Examples | None, max_epochs: int, patience: int | None, schedule: str
    ) -> None:
        device = _device(self.device)
        precision = _precision(self.precision, device)
        dtype = torch.float64 if precision == "float64" else torch.float32
        self.module_.to(device, dtype)
        if self.compile is True and not isinstance(self.module_.cell, MemoryCell):
            self.module_.compile(dynamic=True)
        training = Training(
            self.module_,
            self.batch_size,
            self.learning_rate,
            self.weight_decay,
            self.optimizer,
            self.gradient_clip,
            precision,
            self.history_,
        )
        if self._optimizer_state is not None:
            training.optimizer.load_state_dict(self._optimizer_state)
        # A later call goes on with other random numbers, and torch's own are left as they were.
        seed = int(np.random.SeedSequence([self._seed, len(self.history_)]).generate_state(1)[0])
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            explain_out_of_memory(self.batch_size),
            _progress(self.verbose, max_epochs) as show,
        ):
            torch.manual_seed(seed)
            training.run(
                self._labelled(train, device, dtype),
                None if valid is None else self._labelled(valid, device, dtype),
                max_epochs=max_epochs,
                patience=patience,
                schedule=schedule,
                generator=torch.Generator().manual_seed(seed),
                after_epoch=lambda record: self._tell(record, show),
            )
        self._optimizer_state = training.optimizer.state_dict()

    def _labelled(self, examples: _Examples, device: torch.device, dtype: torch.dtype) -> Labelled:
        weights = torch.from_numpy(examples.weights / examples.weights.mean()).to(device, dtype)
        targets = torch.from_numpy(examples.targets).to(device)
        return Labelled(self._preparation(examples.panel, dtype).to(device), targets, weights)

    def _tell(self, record: Record, show: Callable[[Record], None]) -> bool:
        """Show a record and hand it to the callbacks; return whether one of them ends training."""
        show(record)
        answers = [callback(self, record) for callback in self.callbacks or ()]  # all are called
        return any(answers)

    # ------------------------------------------------------------------ predictions
    def predict(self, X: object) -> NDArray:
        """Return the most probable class of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,)
        """
        logits, _ = self._logits(X)
        return self.classes_[logits.argmax(dim=1).numpy()]

    def predict_proba(self, X: object) -> NDArray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            float32 for float32 values, else float64.
        """
        logits, dtype = self._logits(X)
        return logits.softmax(dim=1).numpy().astype(dtype)

    def decision_function(self, X: object) -> NDArray:
        """Return the logits of the classes.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Of shape (n_series,) for two classes: the log odds of the second.
        """
        logits, dtype = self._logits(X)
        scores = logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits
        return scores.numpy().astype(dtype)

    def _logits(self, X: object) -> tuple[Tensor, np.dtype]:
        """Return float64 logits on the CPU, and the type of the values in `X`."""
        check_is_fitted(self)
        panel = read_panel(self, X, reset=False)
        device = _device(self.device, otherwise="cpu")
        network, dtype = self.module_.to(device), torch.float32
        if device.type == "cpu":
            network, dtype = copy.deepcopy(network).double(), torch.float64
        with explain_out_of_memory(self.batch_size):
            logits = outputs(network, self._preparation(panel, dtype).to(device), self.batch_size)
        logits = logits.double().cpu()
        finite = logits.isfinite().all(dim=1)
        if not finite.all():
            raise ValueError(
                f"series {int(finite.logical_not().nonzero()[0])} has no finite output: its values are too far from "
                "those of the training series"
            )
        return logits, panel.dtype

    # ------------------------------------------------------------------ files
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted classifier to a file in the safetensors format, without pickle.

        Parameters
        ----------
        path : str or path
            Either it is written whole, or what was there stays.  Parameters that are Python objects (`callbacks`, an
            `optimizer` or `random_state` that is no name or number) are left out, and have their defaults again.

        Raises
        ------
        ValueError
            If class labels are neither strings, numbers nor truth values.
        """
        check_is_fitted(self)
        state = {name: getattr(self, name) for name in _STATE} | {
            "classes": describe_classes(self.classes_),
            "settings": describe_settings(self.get_params(deep=False)),
            "feature_names": self.feature_names_in_.tolist() if hasattr(self, "feature_names_in_") else None,
        }
        tensors = {f"network.{name}": tensor.cpu() for name, tensor in self.module_.state_dict().items()}
        tensors |= {"center": torch.from_numpy(self.center_), "scale": torch.from_numpy(self.scale_)}
        write_model(path, state, tensors)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HiPPORNNClassifier:
        """Read a classifier from a file that `save` wrote.

        Parameters
        ----------
        path : str or path
            The file.  Nothing in it is executed.

        Returns
        -------
        HiPPORNNClassifier
            On the CPU until it predicts.

        Raises
        ------
        ValueError
            If the file is damaged, or something else, or of a later version of skhippo.
        """
        state, tensors = read_model(path)
        try:
            return cls._from(state, tensors)
        except Exception as error:  # whatever parameters that were made up lead to
            raise damaged(path, cls.__name__, error) from error

    @classmethod
    def _from(cls, state: dict[str, Any], tensors: dict[str, Tensor]) -> HiPPORNNClassifier:
        model = cls(**settings_from(state["settings"]))
        model._validate_params()
        model.classes_ = classes_from(state["classes"])
        if state["feature_names"] is not None:
            model.feature_names_in_ = np.array(state["feature_names"], dtype=object)
        for name in _STATE:
            setattr(model, name, state[name])
        model.channel_names_ = tuple(model.channel_names_)
        architecture = state["_architecture"] | {"inputs": tuple(state["_architecture"]["inputs"])}
        center, scale = tensors.pop("center").numpy(), tensors.pop("scale").numpy()
        if center.shape != (model.n_channels_,) or scale.shape != center.shape:
            raise ValueError(f"center and scale: one number for each of {model.n_channels_} channels is expected")
        model._assemble(architecture, center, scale, state["_seed"])
        weights = {name.removeprefix("network."): tensor for name, tensor in tensors.items()}
        model.module_.load_state_dict(weights)
        model._optimizer_state = None
        return model

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: tensors on the CPU, so that they can be read where there is no GPU."""
        state = super().__getstate__()
        if "module_" in state:
            state = state | {
                "module_": copy.deepcopy(self.module_).cpu(),
                "_optimizer_state": _on_cpu(self._optimizer_state),
            }
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags


# What a file keeps of a fitted classifier, beside tensors, classes and parameters.
_STATE = (
    "history_", "n_channels_", "channel_names_", "n_features_in_",
    "_architecture", "_seed", "_input_ndim", "_list_width", "_columns_are_times", "_named",
)  # fmt: skip


class _Examples(NamedTuple):
    panel: Panel
    targets: Integers  # positions in classes_
    weights: Floats


def _hold_back(examples: _Examples, fraction: float, rng: np.random.Generator) -> tuple[_Examples, _Examples | None]:
    """Split off a share of each class, at random; each class keeps one series at least."""
    n = len(examples.targets)
    number = max(1, round(n * fraction))
    order = rng.permutation(n)
    order = order[np.argsort(examples.targets[order], kind="stable")]
    # Every so many series of those sorted by class: shares are right to one series in each class and in total.
    held = np.zeros(n, dtype=bool)
    held[order[((np.arange(number) + rng.random()) * n / number).astype(np.int64)]] = True
    kept = np.bincount(examples.targets[~held], minlength=examples.targets.max() + 1)
    held &= kept[examples.targets] > 0
    if not held.any():
        return examples, None
    return _part(examples, ~held), _part(examples, held)


def _part(examples: _Examples, rows: NDArray[np.bool_]) -> _Examples:
    return _Examples(examples.panel[rows], examples.targets[rows], examples.weights[rows])


def _projection(architecture: dict[str, Any]) -> tuple[Any, ...]:
    """Return measure, order and inputs of the coefficients that a network reads, if it does."""
    if architecture["feedback"] or architecture["cell"] not in MEASURES:
        return ()
    measure = as_measure(architecture["cell"], architecture["theta"])
    return measure, architecture["order"], architecture["inputs"]


def _device(name: str, otherwise: str | None = None) -> torch.device:
    """Return a device that is there; of one that is not, `otherwise` or an error."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        if otherwise is None:
            raise ValueError(f"device is {name!r}, but torch sees no CUDA GPU: choose 'auto' or 'cpu'")
        return torch.device(otherwise)
    return device


def _precision(name: str, device: torch.device) -> str:
    if name != "auto":
        return name
    has_it = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    return "bfloat16" if has_it else "float32"


@contextmanager
def _progress(verbose: int, max_epochs: int) -> Iterator[Callable[[Record], None]]:
    """Show a progress bar over the epochs."""
    if not verbose:
        yield lambda record: None
        return
    from tqdm import tqdm

    with tqdm(total=max_epochs, unit="epoch") as bar:

        def show(record: Record) -> None:
            bar.set_postfix({key: f"{record[key]:.4g}" for key in ("train_loss", "valid_loss") if key in record})
            bar.update()

        yield show


def _on_cpu(state: Any) -> Any:
    """Return nested dicts and lists with their tensors on the CPU."""
    if isinstance(state, Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {key: _on_cpu(value) for key, value in state.items()}
    return [_on_cpu(value) for value in state] if isinstance(state, list) else state
