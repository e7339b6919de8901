"""Recurrent networks with HiPPO memory, in torch."""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        'The recurrent networks of skhippo need torch, safetensors and tqdm: pip install "skhippo[torch]"'
    ) from error

from skhippo.rnn.batch import Batch
from skhippo.rnn.classifier import HiPPORNNClassifier
from skhippo.rnn.data import PackedSeries, Preparation, as_batch, collate
from skhippo.rnn.module import HiPPORNN
from skhippo.rnn.regressor import HiPPORNNRegressor
from skhippo.rnn.scaling import Scaling
from skhippo.rnn.state import State

__all__ = [
    "Batch",
    "HiPPORNN",
    "HiPPORNNClassifier",
    "HiPPORNNRegressor",
    "PackedSeries",
    "Preparation",
    "Scaling",
    "State",
    "as_batch",
    "collate",
]
