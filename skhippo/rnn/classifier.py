"""`HiPPORNNClassifier`: a recurrent network with HiPPO memory that classifies series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d
from torch import Tensor

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._support.types import Floats
from skhippo._support.validation import Interval, StrOptions, fit_context
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.rnn.estimator import Callback, NetworkEstimator
from skhippo.rnn.examples import check_class_weight
from skhippo.rnn.losses import CrossEntropy, Loss
from skhippo.rnn.saving import classes_from, describe_classes

__all__ = ["HiPPORNNClassifier"]


class HiPPORNNClassifier(ScoringMixin, ClassifierMixin, NetworkEstimator):
    r"""Recurrent network with HiPPO memory that classifies series, trained end to end.

    A cell walks along each series, at its real timestamps; the memory of a HiPPO cell holds the coefficients of what
    it has seen.  The last state of each series and the mean of its states give the probabilities of the classes.

    Parameters
    ----------
    cell : str or Measure, default="legs"
        With memory in a measure ("legs", "legt", "lagt", "fout", or a measure such as ``LagT(theta=2.0, beta=0.01)``),
        of Voelker et al. 2019 ("lmu") or with a frozen random matrix ("random"); or a baseline without one: "rnn",
        "gru", "mgu", "lstm", "exprnn", "gru_d".  With feedback, "chebt" takes :math:`O(N^2)` per step.
    hidden_size : int, default=128
        Size of the state.
    order : int, default=16
        Coefficients of each memory.
    memory_size : int, optional
        Number of memories.  By default one per input of the cell: channels times `inputs`.
    feedback : bool, default=True
        Whether the state feeds the memory.  Without, the memory is read at `n_reads` times of each series, by
        projection; training does not walk through time and takes seconds.  For cells with a measure.
    gate : bool, default=True
        Whether the state is updated through a gate.
    theta : float, optional
        Time scale of a translated measure, in the units of the timestamps.  By default the median duration of the
        training series (`theta_`).  A measure in `cell` has its own.
    inputs : sequence of {"values", "observed", "gaps"}, default=("values",)
        What the cell sees of each channel: its last observation, whether there is one now, how long ago the last was.
    discretization : str or float, default="bilinear"
        Of the memory's equation; see `skhippo.discretization`.
    pooling : {"last", "mean", "last+mean"}, default="last+mean"
        Which states are read: the one after the last observation, the mean of those after each observation, or both.
    n_reads : int, default=8
        Without `feedback`: at how many times of each series the memory is read, evenly spaced, the last at its end.
    dropout : float, default=0.1
        Share of what the readout sees that is left out at random in training.
    label_smoothing : float, default=0.1
        Share of each label that is spread over all classes in training, as in `torch.nn.CrossEntropyLoss`.
    max_epochs : int or "auto", default="auto"
        How often training goes over the series.  "auto": at least 300 steps (batches) and at least 30 times.
    batch_size : int, default=64
        Series in one step of training; predictions take four times as many at once.
    learning_rate : float, default=5e-3
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
        Share of the series of each class that `early_stopping` holds back, unless `fit` is given some; at least one
        of each class stays.
    early_stopping : bool or "auto", default="auto"
        Whether to stop after `patience` epochs without a smaller loss on the validation series (on the training
        series, where there are too few to hold any back), and to keep the weights of the best epoch.  "auto": with
        validation series that `fit` is given, or with 1000 training series or more; fewer are all learned from, up to
        the last epoch.
    patience : int, default=10
        Epochs to wait for a smaller loss.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, as in scikit-learn's classifiers.  Series of a class of weight 0 are as good
        as not there.
    device : str, default="auto"
        "auto" is the GPU, if torch sees one of CUDA, or else the CPU; or any device of torch with float64.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        Of training.  "auto" is bfloat16 (mixed precision) on GPUs that have it, or else float32.  The walk of cells
        with memory is in float32 then, too: what adds up over thousands of steps needs its digits.
    compile : {"auto"} or bool, default="auto"
        Whether `torch.compile` works on the network before training, which takes half a minute.  Cells with memory are
        left as they are: their walk is one node of the graph already.  "auto" is False.
    random_state : int, RandomState instance or None, default=None
        Of initial weights, dropout, the order of series and those held back.  The same seed gives the same weights on
        one device.
    verbose : int, default=0
        1 shows a progress bar.
    callbacks : sequence of callables, optional
        Each is called after every epoch with the estimator and the record of the epoch, the last of `history_`; if
        one returns something true, training ends.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last `fit`.  What the network is built from must be the same then
        (`dropout` may change).  With validation series the weights stay as they were unless an epoch is better.
    time_channel : int, optional
        Channel of array input that holds the timestamps.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes.
    module_ : HiPPORNN
        The network.
    history_ : list of dict
        One record per epoch: ``epoch, train_loss, train_accuracy, valid_loss, valid_accuracy`` (with validation
        series), ``learning_rate, seconds, best``.  The training figures are means over the epoch, while weights
        changed, and `train_loss` is that of the smoothed labels; `valid_loss` is the plain cross entropy.
    theta_ : float or None
        Time scale in use; None for a LegS measure given as `cell`.
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
    HiPPORNNRegressor : the same for targets that are numbers.
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
    >>> model = HiPPORNNClassifier(feedback=False, random_state=0)
    >>> bool(model.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        **NetworkEstimator._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [None, dict, StrOptions({"balanced"})],
    }

    def __init__(
        self,
        cell: str | Measure = "legs",
        *,
        hidden_size: int = 128,
        order: int = 16,
        memory_size: int | None = None,
        feedback: bool = True,
        gate: bool = True,
        theta: float | None = None,
        inputs: Sequence[str] = ("values",),
        discretization: str | float = "bilinear",
        pooling: str = "last+mean",
        n_reads: int = 8,
        dropout: float = 0.1,
        label_smoothing: float = 0.1,
        max_epochs: int | str = "auto",
        batch_size: int = 64,
        learning_rate: float = 5e-3,
        schedule: str = "cosine",
        optimizer: str | Callable[..., torch.optim.Optimizer] = "adamw",
        weight_decay: float = 0.01,
        gradient_clip: float | None = 1.0,
        validation_fraction: float = 0.1,
        early_stopping: bool | str = "auto",
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
        super().__init__(
            cell=cell,
            hidden_size=hidden_size,
            order=order,
            memory_size=memory_size,
            feedback=feedback,
            gate=gate,
            theta=theta,
            inputs=inputs,
            discretization=discretization,
            pooling=pooling,
            n_reads=n_reads,
            dropout=dropout,
            max_epochs=max_epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            schedule=schedule,
            optimizer=optimizer,
            weight_decay=weight_decay,
            gradient_clip=gradient_clip,
            validation_fraction=validation_fraction,
            early_stopping=early_stopping,
            patience=patience,
            device=device,
            precision=precision,
            compile=compile,
            random_state=random_state,
            verbose=verbose,
            callbacks=callbacks,
            warm_start=warm_start,
            time_channel=time_channel,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

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
        ValueError
            If series, classes or weights do not fit, or if `warm_start` goes on from a network that was built with
            other parameters.
        FloatingPointError
            If the loss of the training or validation series is no longer a number.
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, stratify=True)

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

        Raises
        ------
        ValueError
            If series, classes or weights do not fit, or if a parameter of the network was changed since it was built.

        Notes
        -----
        The learning rate is constant, and no series are held back.  The optimizer goes on from the last call, with the
        present `learning_rate` and `weight_decay`; another `optimizer` begins anew.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all series at once: give the weights as a dict, or use sample_weight"
            )
        if not hasattr(self, "module_") and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return self._partial_fit(X, y, sample_weight, classes)

    # ------------------------------------------------------------------ classes
    @property
    def _loss(self) -> Loss:
        return CrossEntropy(self.label_smoothing)

    @property
    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _read_targets(
        self, y: Any, panel: Panel, *, known: bool, classes: ArrayLike | None = None
    ) -> tuple[NDArray, Floats]:
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
        check_class_weight(self.class_weight)
        return np.searchsorted(self.classes_, labels), compute_sample_weight(self.class_weight, labels)

    def _targets_tensor(self, targets: NDArray, dtype: torch.dtype) -> Tensor:
        return torch.from_numpy(targets)

    def _describe_targets(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {"classes": describe_classes(self.classes_)}, {}

    def _restore_targets(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.classes_ = classes_from(state["classes"])

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
        logits, _ = self._outputs(X)
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
        logits, dtype = self._outputs(X)
        return logits.softmax(dim=1).numpy().astype(dtype)

    def predict_log_proba(self, X: object) -> NDArray:
        """Return the logarithms of the probabilities of the classes; finite where a probability is rounded to 0.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            float32 for float32 values, else float64.
        """
        logits, dtype = self._outputs(X)
        return logits.log_softmax(dim=1).numpy().astype(dtype)

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
        logits, dtype = self._outputs(X)
        scores = logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits
        return scores.numpy().astype(dtype)
