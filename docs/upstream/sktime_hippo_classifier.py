"""Interface to the HiPPO classifier of skhippo."""

__author__ = ["skhippo developers"]

from sktime.classification.base import BaseClassifier
from sktime.utils.dependencies import _placeholder_record


@_placeholder_record("skhippo.sktime", dependencies="skhippo>=0.1")
class HiPPOClassifier(BaseClassifier):
    """HiPPO classifier: chooses features of irregular series and a linear head, by fixed rules.

    Estimator from the ``skhippo`` package.

    Series may be irregular, differ in length and have missing values.

    Parameters
    ----------
    class_weight : dict or "balanced", optional
        Weights of the classes.
    n_jobs : int, optional
        Number of threads.
    random_state : int, default=0
        Seed of the random features.
    verbose : int, default=0
        Whether to show progress bars.

    References
    ----------
    .. [1] Gu, Dao, Ermon, Rudra and Re: HiPPO: Recurrent Memory with Optimal Polynomial Projections. NeurIPS 2020.
    """

    _tags = {  # noqa: RUF012
        "authors": ["skhippo developers"],
        "maintainers": ["skhippo developers"],
        "python_dependencies": "skhippo>=0.1",
        "capability:predict_proba": True,
        "capability:class_weight": True,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
    }

    def __init__(self, *, class_weight=None, n_jobs=None, random_state=0, verbose=0):
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        super().__init__()
