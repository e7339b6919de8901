"""Fixed-length features for irregular, ragged and incomplete time series."""

__version__ = "0.1.0.dev0"
