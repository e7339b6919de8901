"""Links to the documentation."""

from __future__ import annotations

from importlib.metadata import metadata

__all__ = ["DocumentedMixin"]


class DocumentedMixin:
    """Mixin that links scikit-learn's HTML representation of an estimator to its page in the documentation."""

    def _get_doc_link(self) -> str:
        """Return the address of the page of the class, or "" (no link) if the package metadata has no address."""
        entries = metadata("skhippo").get_all("Project-URL") or []
        addresses = {name.lower(): address for name, _, address in (entry.partition(", ") for entry in entries)}
        if "documentation" not in addresses:
            return ""
        return f"{addresses['documentation'].rstrip('/')}/api/generated/skhippo.{type(self).__name__}.html"
