"""Base for estimators of other libraries that wrap one of skhippo and pass its parameters on unchanged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from inspect import Signature, signature
from types import MappingProxyType
from typing import Any, ClassVar

__all__ = ["Delegating"]


class Delegating:
    """Mixin whose constructor has the parameters of the class given as ``to=``, except those in ``without=``.

    The constructor only stores them as attributes, as scikit-learn, sktime and aeon require.  `inspect.signature`
    lists them, so `get_params`, `clone` and documentation see an ordinary constructor.  ``defaults=`` replaces
    default values.
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
        """Return a new unfitted estimator that does the work, with the current parameters."""
        return self._delegate_class(**self.get_params(deep=False))  # type: ignore[attr-defined]
