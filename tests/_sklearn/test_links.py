"""Links to the documentation."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer


def test_the_html_representation_links_to_the_page_of_the_class(monkeypatch):
    class Metadata:
        entries = ("Homepage, https://a.invalid", "Documentation, https://b.invalid/en/")

        def get_all(self, name):
            assert name == "Project-URL"
            return self.entries

    monkeypatch.setattr("skhippo._sklearn.links.metadata", lambda name: Metadata())
    page = "https://b.invalid/en/api/generated/skhippo.HiPPOTransformer.html"
    assert HiPPOTransformer()._get_doc_link() == page
    assert page in make_pipeline(HiPPOTransformer(), LogisticRegression())._repr_html_()
    for Metadata.entries in (("Homepage, https://a.invalid",), None):  # no address, no link
        assert HiPPOTransformer()._get_doc_link() == ""
