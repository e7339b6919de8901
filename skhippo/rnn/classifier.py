"""`HiPPORNNClassifier`: a recurrent network with HiPPO memory for the classification of series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_consistent_length, column_or_1d
from torch import Tensor

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._sklearn.targets import as_labels_array, check_class_weight, read_labels
from skhippo._support.types import Floats
from skhippo._support.validation import Interval, StrOptions, fit_context
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.panel.durations import Duration
from skhippo.rnn.estimator import Callback, NetworkEstimator
from skhippo.rnn.losses import CrossEntropy, Loss
from skhippo.rnn.saving import classes_from, describe_classes

__all__ = ["HiPPORNNClassifier"]


class HiPPORNNClassifier(ScoringMixin, ClassifierMixin, NetworkEstimator):
    r"""Recurrent network with HiPPO memory that classifies series, trained end to end.

    A recurrent cell steps through each series at its real timestamps.  The memory of a HiPPO cell holds the
    coefficients of its inputs so far.  The class probabilities are computed from the last state of the series and the
    mean of its states.

    Use it for classes that a few coefficients cannot tell apart, given many series; try `HiPPOClassifier` or
    `HiPPOTransformer` with a linear classifier first (:doc:`/guide/rnn`).  It needs torch
    (``pip install "skhippo[torch]"``).  ``feedback=False`` trains in seconds and is often as accurate.

    Parameters
    ----------
    cell : str or Measure, default="legs"
        The recurrent cell.  The name of a measure ("legs", "legt", "lagt", "fout", "chebt", "jacs", "jact", "lege",
        "wavs", "wavt"), or a measure such as ``LagT(theta=2.0, beta=0.01)``, stands for a cell with a HiPPO memory.
        With `feedback`, its steps cost :math:`O(N)` per memory for "legs", "legt", "lagt", "fout" and "lege", else
        :math:`O(N^2)`.  "lmu" has the memory of Voelker et al. 2019, "random" a frozen random matrix instead.  The
        baselines "rnn", "gru", "mgu", "lstm", "exprnn" and "gru_d" have no memory.  "ode_rnn" and "ncde" follow
        differential equations; they need ``pip install "skhippo[reproduce]"``.
    hidden_size : int, default=128
        Size of the state.  Together with `learning_rate` and `dropout` it matters most in a search.
    order : int, default=16
        Number of coefficients per memory.  Increase it to remember more detail.
    memory_size : int, optional
        Number of memories.  Default: one per input of the cell (number of channels times number of `inputs`).
    feedback : bool, default=True
        Whether the state is written to the memory.  If False, the memory is computed by projection at `n_reads` times
        of each series; training then does not step through time and takes seconds.  False requires a cell with a
        measure.
    gate : bool, default=True
        Whether the state is updated through a gate.  If False, each step replaces the whole state, and only the
        memory accumulates.
    theta : float, str, numpy.timedelta64, datetime.timedelta or pandas.Timedelta, optional
        Time scale of the measure, in the units of the timestamps.  If these are dates or durations, it is in
        seconds or a duration, such as ``"7D"``.  By default the median duration of the training series (`theta_`).
        Leave it out if `cell` is a measure object, which has its own.
    inputs : sequence of {"values", "observed", "gaps"}, default=("values",)
        Inputs of the cell for each channel: its last observation ("values"), whether it is observed now ("observed"),
        and the time since its last observation ("gaps").  Add these if missing values say something about the class.
    discretization : str or float, default="bilinear"
        Discretization of the memory's equation; see `skhippo.discretization`.
    pooling : {"last", "mean", "last+mean"}, default="last+mean"
        States from which the output is computed: the one after the last observation, the mean of those after each
        observation, or both.
    n_reads : int, default=8
        Without `feedback`: number of evenly spaced times at which the memory of each series is read.  The last of them
        is the end of the series.  Set it to 1 for a high order, because the coefficients of all reads are stored.
    dropout : float, default=0.1
        Fraction of the inputs of the output layer that is dropped at random in training.  Increase it if the network
        fits the training series much better than others.
    scaling : {"asinh", "standard"}, default="asinh"
        Scaling of the values of each channel.  "standard": minus the mean, divided by the standard deviation.  "asinh":
        the same after the inverse hyperbolic sine, which pulls outliers in; its unit is the interquartile range.
    max_epochs : int or "auto", default="auto"
        Number of passes over the training series.  "auto": at least 30 epochs and at least 300 steps (batches).
    batch_size : int, default=64
        Number of series per step of training.  Predictions use batches of four times this size.  Lower it if memory is
        short, as with long series.
    learning_rate : float or "auto", default="auto"
        Learning rate of the optimizer; with the cosine schedule, its largest value.  "auto": 1e-3 for the cell "rnn",
        which does not learn long series at higher rates, and 5e-3 for all others.
    schedule : {"cosine", "constant"}, default="cosine"
        "cosine" increases the learning rate to `learning_rate` over the first twentieth of `max_epochs`, then decreases
        it to 0 along half a cosine.  "constant" keeps it at `learning_rate`.
    optimizer : {"adamw", "adam", "sgd"} or callable, default="adamw"
        The optimizer.  A callable takes parameter groups, ``lr`` and ``weight_decay``, and returns a
        `torch.optim.Optimizer`.
    weight_decay : float, default=0.01
        Weight decay.  It is not applied to biases.
    gradient_clip : float or None, default=1.0
        Largest norm of the gradient; larger gradients are scaled down.  None: no limit.
    validation_fraction : float, default=0.1
        Fraction of the series of each class held back for `early_stopping`, unless `fit` gets validation series.  At
        least one series per class is kept for training.
    early_stopping : bool or "auto", default="auto"
        Whether to stop after `patience` epochs without a smaller validation loss, and keep the weights of the best
        epoch.  "auto" does this only if `fit` gets validation series.  True also holds series back if it gets none;
        if there are too few to hold any back, the training loss is used instead.
    patience : int, default=10
        Number of epochs without a smaller loss after which training stops.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, as in scikit-learn's classifiers.  Series of a class with weight 0 are
        ignored.
    device : str, default="auto"
        Device of torch, which must support float64.  "auto" uses a CUDA GPU if there is one, else the CPU.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        Precision of training.  "auto" uses bfloat16 (mixed precision) on GPUs that support it, else float32.  With
        bfloat16, cells with memory still step through time in float32, because rounding errors would add up over
        thousands of steps.
    compile : {"auto"} or bool, default="auto"
        Whether to compile the network with `torch.compile` before training, which takes half a minute.  It has no
        effect on cells with memory, whose steps are a single operation already.  "auto" means False.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, dropout, shuffling and the validation split.  The same seed gives the same weights
        on the same device.
    verbose : int, default=0
        If 1, show a progress bar.
    callbacks : sequence of callables, optional
        Called after every epoch with the estimator and the record of the epoch (the last of `history_`).  If a
        callback returns a truthy value, training stops.
    warm_start : bool, default=False
        Whether `fit` continues from the weights of the last `fit`.  The parameters of the network must then be
        unchanged (except `dropout`).  With validation series, the weights change only if an epoch improves the loss.
    time_channel : int, optional
        Number of the channel of array input that holds the timestamps.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    module_ : HiPPORNN
        The network.
    history_ : list of dict
        One record per epoch: ``epoch``, ``train_loss``, ``train_accuracy``, ``learning_rate``, ``seconds``,
        ``best``, and with validation series ``valid_loss`` and ``valid_accuracy``.  Training figures are means over
        the epoch, while the weights change.  `train_loss` uses the smoothed labels; `valid_loss` is the cross entropy
        without smoothing.
    theta_ : float or None
        Time scale in use; None for a LegS measure given as `cell`.
    preparation_ : skhippo.rnn.Preparation
        Converts series to the inputs of `module_`: the scaling of the channels, and settings of the coefficients.
    n_channels_ : int
        Number of channels of the training panel.
    channel_names_ : tuple of str
        Names of the channels; ``x0, x1, ...`` if the input has none.
    n_features_in_ : int
        Number of columns of two-dimensional input; number of channels of any other input.
    feature_names_in_ : ndarray of str
        Names of the columns, if the input was a wide table with column names.

    See Also
    --------
    HiPPORNNRegressor : The same network for regression.
    HiPPOTransformer : Coefficients without training, as features for any classifier.
    skhippo.rnn.HiPPORNN : The network as a torch module.

    Notes
    -----
    Gu, Dao, Ermon, Rudra, Re, "HiPPO: Recurrent Memory with Optimal Polynomial Projections", NeurIPS 2020
    (arXiv 2008.07669), section 2.4.

    A missing value is replaced by the last observation of its channel, or by 0 (the mean) before the first one.
    Without `feedback`, series are straight lines between observations, as in `HiPPOTransformer`.

    On a CPU, predictions are computed in float64.  The prediction for a series does not depend on the rest of the
    batch, apart from the last digits.

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
        theta: float | Duration | None = None,
        inputs: Sequence[str] = ("values",),
        discretization: str | float = "bilinear",
        pooling: str = "last+mean",
        n_reads: int = 8,
        dropout: float = 0.1,
        scaling: str = "asinh",
        label_smoothing: float = 0.1,
        max_epochs: int | str = "auto",
        batch_size: int = 64,
        learning_rate: float | str = "auto",
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
            scaling=scaling,
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
        """Train a network, from new weights unless `warm_start` is set.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,)
            Their classes: strings, numbers or other labels that can be sorted.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.  Series with weight 0 are ignored.
        X_val, y_val : Panel or anything that `as_panel` takes, and array-like, optional
            Validation series and their classes.  If they are given, all of `X` is used for training.

        Returns
        -------
        HiPPORNNClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If series, classes or weights do not fit, or if `warm_start` is set and parameters of the network have
            changed.
        FloatingPointError
            If the training or validation loss becomes NaN or infinite.
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, stratify=True)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: object, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> HiPPORNNClassifier:
        """Train for one epoch, continuing from the current weights.

        The first call also learns from `X` what `fit` would learn from it, such as the scaling of the channels.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,)
            Their classes.
        classes : array-like of shape (n_classes,), optional
            All classes that will occur.  Required in the first call, unless `fit` was called before.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.

        Returns
        -------
        HiPPORNNClassifier
            The classifier.

        Raises
        ------
        ValueError
            If series, classes or weights do not fit, or if a parameter of the network has changed since it was built.

        Notes
        -----
        The learning rate is constant, and no series are held back.  The state of the optimizer is kept between calls,
        with the current `learning_rate` and `weight_decay`; if `optimizer` changes, it starts from a new state.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all series at once: pass the weights as a dict, or use sample_weight"
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
        labels = read_labels(y)
        check_consistent_length(panel, labels)
        own = np.unique(labels if classes is None else column_or_1d(as_labels_array(classes, "classes")))
        if not known:
            self.classes_ = own
        elif classes is not None and not np.array_equal(own, self.classes_):
            raise ValueError(f"classes are {own}, but were {self.classes_} before: pass the same, or none")
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
        """Return the logarithms of the class probabilities, finite even if a probability is rounded to 0.

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
            The logits.  For two classes the shape is (n_series,): the log odds of the second class.
        """
        logits, dtype = self._outputs(X)
        scores = logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits
        return scores.numpy().astype(dtype)
