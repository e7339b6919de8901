"""Estimators of other libraries around those of skhippo: one set of parameters, handed on as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from inspect import Signature, signature
from types import MappingProxyType
from typing import Any, ClassVar

__all__ = ["Delegating"]


class Delegating:
    """Mixin: the constructor takes the parameters of the class given as ``to=``, but for those named in ``without=``.

    It keeps them as attributes and does nothing else, as scikit-learn, sktime and aeon demand.  `inspect.signature`
    lists them, so that `get_params`, `clone` and documentation see an ordinary constructor.  ``defaults=`` replaces
    defaults.
    """

    _delegate_class: ClassVar[type]

    def __init_subclass__(
        cls,
        to: type | None = None,
        without: Collection[str] = (),
        defaults: Mapping[str, Any] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if to is None:
            return
        parameters = signature(to.__init__).parameters.values()  # type: ignore[misc]
        accepted = Signature(
            [p.replace(default=defaults.get(p.name, p.default)) for p in parameters if p.name not in without]
        )

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            bound = accepted.bind(self, *args, **kwargs)
            bound.apply_defaults()
            vars(self).update(list(bound.arguments.items())[1:])  # all but self
            super(cls, self).__init__()

        __init__.__signature__ = accepted  # type: ignore[attr-defined]
        __init__.__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = __init__  # type: ignore[method-assign]
        cls._delegate_class = to

    def _delegate(self) -> Any:
        """Return the estimator that does the work, not fitted, with the present parameters."""
        return self._delegate_class(**self.get_params(deep=False))  # type: ignore[attr-defined]
