"""`HiPPORNNRegressor`: a recurrent network with HiPPO memory for regression on series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_consistent_length
from torch import Tensor

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._sklearn.targets import read_targets
from skhippo._support.types import Floats
from skhippo._support.validation import fit_context
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.panel.durations import Duration
from skhippo.rnn.estimator import Callback, NetworkEstimator
from skhippo.rnn.examples import Examples
from skhippo.rnn.losses import Loss, SquaredError
from skhippo.rnn.scaling import learn_standardization

__all__ = ["HiPPORNNRegressor"]


class HiPPORNNRegressor(ScoringMixin, RegressorMixin, NetworkEstimator):
    r"""Recurrent network with HiPPO memory that predicts numbers from series, trained end to end.

    The network is that of `HiPPORNNClassifier`.  The loss is the squared error of the standardized targets.

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
        and the time since its last observation ("gaps").  Add these if missing values say something about the target.
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
        Fraction of the series held back for `early_stopping`, unless `fit` gets validation series.
    early_stopping : bool or "auto", default="auto"
        Whether to stop after `patience` epochs without a smaller validation loss, and keep the weights of the best
        epoch.  "auto" does this only if `fit` gets validation series.  True also holds series back if it gets none;
        if there are too few to hold any back, the training loss is used instead.
    patience : int, default=10
        Number of epochs without a smaller loss after which training stops.
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
    module_ : HiPPORNN
        The network; its outputs are standardized targets.
    target_center_, target_scale_ : ndarray of shape (n_outputs,)
        Mean and standard deviation of each target over the training series, used to standardize it.
    history_ : list of dict
        One record per epoch: ``epoch``, ``train_loss``, ``learning_rate``, ``seconds``, ``best``, and with
        validation series ``valid_loss``.  Losses are mean squared errors of standardized targets; predicting the mean
        has a loss of 1.
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
    HiPPORNNClassifier : The same network for classification.
    HiPPOTransformer : Coefficients without training, as features for any regressor.

    Notes
    -----
    Gu et al. 2020 (arXiv 2008.07669), section 2.4; see `HiPPORNNClassifier` for the network.

    Examples
    --------
    The number of cycles of a sine, from 25 to 50 irregular observations:

    >>> import numpy as np
    >>> from skhippo import HiPPORNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> cycles = rng.uniform(0.5, 2.0, 120)
    >>> times = [np.sort(rng.uniform(0.0, 1.0, rng.integers(25, 50))) for _ in cycles]
    >>> X = [(t, np.sin(2 * np.pi * c * t)) for t, c in zip(times, cycles)]
    >>> model = HiPPORNNRegressor(feedback=False, random_state=0).fit(X[:80], cycles[:80])
    >>> bool(model.score(X[80:], cycles[80:]) > 0.9)
    True
    """

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

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: object,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: object = None,
        y_val: ArrayLike | None = None,
    ) -> HiPPORNNRegressor:
        """Train a network, from new weights unless `warm_start` is set.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.  Series with weight 0 are ignored.
        X_val, y_val : Panel or anything that `as_panel` takes, and array-like, optional
            Validation series and their targets.  If they are given, all of `X` is used for training.

        Returns
        -------
        HiPPORNNRegressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If series, targets or weights do not fit, or if `warm_start` is set and parameters of the network have
            changed.
        FloatingPointError
            If the training or validation loss becomes NaN or infinite.
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, stratify=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> HiPPORNNRegressor:
        """Train for one epoch, continuing from the current weights.

        The first call also learns from `X` what `fit` would learn from it, such as the scaling of the channels.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their targets.  Those of the first call determine how targets are standardized.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.

        Returns
        -------
        HiPPORNNRegressor
            The regressor.

        Raises
        ------
        ValueError
            If series, targets or weights do not fit, or if a parameter of the network has changed since it was built.

        Notes
        -----
        The learning rate is constant, and no series are held back.  The state of the optimizer is kept between calls,
        with the current `learning_rate` and `weight_decay`; if `optimizer` changes, it starts from a new state.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: object) -> NDArray:
        """Predict the targets of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            One-dimensional if `y` was in `fit`.  float32 for float32 values, else float64.
        """
        found, dtype = self._outputs(X)
        targets = (found.numpy() * self.target_scale_ + self.target_center_).astype(dtype)
        return targets[:, 0] if self._one_target else targets

    # ------------------------------------------------------------------ targets
    @property
    def _loss(self) -> Loss:
        return SquaredError()

    @property
    def _n_outputs(self) -> int:
        return self._n_targets

    def _read_targets(
        self, y: Any, panel: Panel, *, known: bool, classes: ArrayLike | None = None
    ) -> tuple[NDArray, Floats]:
        targets = read_targets(y)
        check_consistent_length(panel, targets)
        columns = targets.reshape(len(targets), -1)
        if not known:
            self._one_target, self._n_targets = targets.ndim == 1, columns.shape[1]
        if columns.shape[1] != self._n_targets:
            raise ValueError(f"y has {columns.shape[1]} targets per series, but there were {self._n_targets} before")
        return columns, np.ones(len(columns))

    def _learn_targets(self, train: Examples) -> None:
        found = [learn_standardization(column, train.weights) for column in train.targets.T]
        self.target_center_, self.target_scale_ = np.array(found).T

    def _targets_tensor(self, targets: NDArray, dtype: torch.dtype) -> Tensor:
        return torch.from_numpy((targets - self.target_center_) / self.target_scale_).to(dtype)

    def _describe_targets(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        state = {"_one_target": self._one_target, "_n_targets": self._n_targets}
        center, scale = torch.from_numpy(self.target_center_), torch.from_numpy(self.target_scale_)
        return state, {"target_center": center, "target_scale": scale}

    def _restore_targets(self, state: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self._one_target, self._n_targets = state["_one_target"], state["_n_targets"]
        self.target_center_, self.target_scale_ = (
            tensors.pop(name).numpy() for name in ("target_center", "target_scale")
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
