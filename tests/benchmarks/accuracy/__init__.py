"""Accuracy of features and classifiers on whole, thinned, gapped and resampled series (`make bench-accuracy`)."""
