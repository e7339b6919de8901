"""Interface to the HiPPO features of skhippo."""

__author__ = ["skhippo developers"]

from sktime.transformations._delegate import _DelegatedTransformer
from sktime.utils.dependencies import _placeholder_record


@_placeholder_record("skhippo.sktime", dependencies="skhippo>=0.1")
class HiPPOTransformer(_DelegatedTransformer):
    """HiPPO features: coefficients of the optimal polynomial approximation of each series.

    Estimator from the ``skhippo`` package.

    Computes, for each channel, the coefficients of the optimal polynomial approximation of its history. The
    coefficients are exact integrals at the timestamps of the series, so series may be irregular, differ in length
    and have missing values.

    Parameters
    ----------
    measure : {"legs", "legt", "lagt", "fout", "chebt"} or Measure, default="legs"
        The weight of each past time: the whole history ("legs"), a window, or exponential forgetting.
    order : int, default=16
        Number of coefficients per channel.
    theta : float, optional
        Time scale of measures other than "legs", in the unit of the times. Default: the median duration.

    See https://skhippo.readthedocs.io for the other parameters.

    References
    ----------
    .. [1] Gu, Dao, Ermon, Rudra and Re: HiPPO: Recurrent Memory with Optimal Polynomial Projections. NeurIPS 2020.

    Examples
    --------
    >>> from sktime.datasets import load_japanese_vowels
    >>> from sktime.transformations.hippo import HiPPOTransformer
    >>> X, _ = load_japanese_vowels(split="train")  # doctest: +SKIP
    >>> HiPPOTransformer(order=8).fit_transform(X).shape  # doctest: +SKIP
    (270, 96)
    """

    _tags = {  # noqa: RUF012
        "authors": ["skhippo developers"],
        "maintainers": ["skhippo developers"],
        "python_dependencies": "skhippo>=0.1",
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Primitives",
        "scitype:instancewise": False,
        "fit_is_empty": False,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:unequal_length:removes": True,
        "capability:missing_values": True,
    }

    def __init__(self, measure="legs", order=16, *, theta=None):
        self.measure = measure
        self.order = order
        self.theta = theta
        super().__init__()
