"""HiPPO features at the real timestamps, with a head that skhippo chooses.

X is the dense array of ``df.irr.to_dense(concatenate_time=True)``, whose last channel holds the times.
"""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhippo import HiPPOClassifier, as_panel

hippo_pipeline = make_pipeline(
    FunctionTransformer(as_panel, kw_args={"time_channel": -1}),
    HiPPOClassifier(),
)
"""This pipeline applies as_panel → HiPPOClassifier (no standardization, padding or imputation)."""
