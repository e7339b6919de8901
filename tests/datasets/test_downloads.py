"""Downloads: kept, checked by their hashes, and refused with the way out."""

import hashlib
import sys
from pathlib import Path

import pytest

from skhippo.datasets.downloads import Remote, data_folder, download

CONTENT = b"1,2,3"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def remote(server):
    pytest.importorskip("pooch")
    (server.folder / "file.txt").write_bytes(CONTENT)
    return Remote("file.txt", f"{server.url}/file.txt", SHA256)


def test_the_folder_of_the_data_sets(monkeypatch, tmp_path):
    monkeypatch.setenv("SKHIPPO_DATA", str(tmp_path))
    assert data_folder(None) == tmp_path
    assert data_folder(tmp_path / "other") == tmp_path / "other"
    assert data_folder("~/data") == Path.home() / "data"
    monkeypatch.delenv("SKHIPPO_DATA")
    assert data_folder(None) == Path.home() / "skhippo_data"


def test_a_file_is_downloaded_once(remote, server, tmp_path):
    path = download(remote, tmp_path / "home", True)
    assert path.read_bytes() == CONTENT
    assert path == tmp_path / "home" / "file.txt"
    assert download(remote, tmp_path / "home", False) == path
    assert download(remote, tmp_path / "home", True) == path
    assert server.requests == ["/file.txt"]


def test_a_damaged_file_is_downloaded_again(remote, server, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"1,2")
    with pytest.raises(OSError, match=r"file\.txt has another hash .* and download_if_missing is False"):
        download(remote, tmp_path, False)
    assert download(remote, tmp_path, True).read_bytes() == CONTENT


def test_another_file_at_the_address_is_refused(remote, server, tmp_path):
    (server.folder / "file.txt").write_bytes(b"replaced")
    with pytest.raises(ValueError, match=r"/file\.txt holds another file than expected, of another hash"):
        download(remote, tmp_path, True)
    assert not (tmp_path / "file.txt").exists()


def test_files_without_a_known_hash_are_kept_unchecked(remote, server, tmp_path):
    unchecked = remote._replace(sha256=None)
    assert download(unchecked, tmp_path, True).read_bytes() == CONTENT
    (server.folder / "file.txt").write_bytes(b"replaced")
    assert download(unchecked, tmp_path, True).read_bytes() == CONTENT


def test_missing_files_and_servers(remote, server, tmp_path):
    with pytest.raises(
        OSError, match=r"nothing\.txt could not be downloaded \(HTTPError: 404 .*or put the file|Or put"
    ):
        download(Remote("nothing.txt", f"{server.url}/nothing.txt", None), tmp_path, True)
    with pytest.raises(
        OSError, match=r"could not be downloaded \(ConnectionError.*is the computer online.*by hand, as x"
    ):
        download(Remote("x", "http://127.0.0.1:1/x", None), tmp_path, True)
    with pytest.raises(OSError, match=r"file\.txt does not exist, and download_if_missing is False"):
        download(remote, tmp_path, False)


def test_without_pooch_only_present_files_are_found(monkeypatch, tmp_path):
    remote = Remote("file.txt", "http://127.0.0.1:1/file.txt", SHA256)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        ImportError, match=r'file\.txt needs pooch: pip install "skhippo\[download\]"\.  Or put the file'
    ):
        download(remote, tmp_path, True)
    (tmp_path / "file.txt").write_bytes(CONTENT)
    assert download(remote, tmp_path, True).read_bytes() == CONTENT
