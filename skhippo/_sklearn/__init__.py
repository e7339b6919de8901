"""Shared by all estimators: reading `X`, tags, links to the documentation, delegation."""
