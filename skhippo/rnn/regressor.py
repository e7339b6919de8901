"""`HiPPORNNRegressor`: a recurrent network with HiPPO memory that predicts numbers from series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length
from torch import Tensor

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._support.types import Floats
from skhippo._support.validation import fit_context
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.rnn.data import standardisation
from skhippo.rnn.estimator import Callback, NetworkEstimator
from skhippo.rnn.examples import Examples
from skhippo.rnn.losses import Loss, SquaredError

__all__ = ["HiPPORNNRegressor"]


class HiPPORNNRegressor(ScoringMixin, RegressorMixin, NetworkEstimator):
    r"""Recurrent network with HiPPO memory that predicts numbers from series, trained end to end.

    The twin of `HiPPORNNClassifier`: the same network, with the squared error of standardised targets as its loss.

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
        Share of the series that `early_stopping` holds back, unless `fit` is given some.
    early_stopping : bool or "auto", default="auto"
        Whether to stop after `patience` epochs without a smaller loss on the validation series (on the training
        series, where there are too few to hold any back), and to keep the weights of the best epoch.  "auto": with
        validation series that `fit` is given, or with 1000 training series or more; fewer are all learned from, up to
        the last epoch.
    patience : int, default=10
        Epochs to wait for a smaller loss.
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
    module_ : HiPPORNN
        The network; its outputs are standardised targets.
    target_center_, target_scale_ : ndarray of shape (n_outputs,)
        Mean and standard deviation of each target over the training series, which standardise it.
    history_ : list of dict
        One record per epoch: ``epoch, train_loss, valid_loss`` (with validation series), ``learning_rate, seconds,
        best``.  Losses are mean squared errors of standardised targets, so that 1 is the error of the mean.
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
    HiPPORNNClassifier : the same for classes.
    HiPPOTransformer : coefficients without training, for any regressor.

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
        theta: float | None = None,
        inputs: Sequence[str] = ("values",),
        discretization: str | float = "bilinear",
        pooling: str = "last+mean",
        n_reads: int = 8,
        dropout: float = 0.1,
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
        """Train a network; from the beginning, unless `warm_start` is set.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.  Series of weight 0 are as good as not there.
        X_val, y_val : Panel or anything that `as_panel` takes, and array-like, optional
            Series and targets that judge the epochs; then none of `X` are held back.

        Returns
        -------
        HiPPORNNRegressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If series, targets or weights do not fit, or if `warm_start` goes on from a network that was built with
            other parameters.
        FloatingPointError
            If the loss of the training or validation series is no longer a number.
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, stratify=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> HiPPORNNRegressor:
        """Go over series once, from the weights there are; the first call also learns what `fit` learns of `X`.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their targets.  Those of the first call say how targets are standardised.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series in the loss.

        Returns
        -------
        HiPPORNNRegressor
            The regressor.

        Raises
        ------
        ValueError
            If series, targets or weights do not fit, or if a parameter of the network was changed since it was built.

        Notes
        -----
        The learning rate is constant, and no series are held back.  The optimizer goes on from the last call, with the
        present `learning_rate` and `weight_decay`; another `optimizer` begins anew.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: object) -> NDArray:
        """Return the targets of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            In the shape of `y` in `fit`; float32 for float32 values, else float64.
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
        targets = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(panel, targets)
        columns = targets.reshape(len(targets), -1)
        if not known:
            self._one_target, self._n_targets = targets.ndim == 1, columns.shape[1]
        if columns.shape[1] != self._n_targets:
            raise ValueError(f"y has {columns.shape[1]} targets per series, but there were {self._n_targets} before")
        return columns, np.ones(len(columns))

    def _learn_targets(self, train: Examples) -> None:
        found = [standardisation(column, train.weights) for column in train.targets.T]
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
