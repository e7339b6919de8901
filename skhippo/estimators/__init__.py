"""Estimators that choose for themselves, and the statistics that everybody compares with."""

from skhippo.estimators.summary import SummaryTransformer

__all__ = ["SummaryTransformer"]
