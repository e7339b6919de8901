"""Data sets that are downloaded: here from small archives on a server of this computer."""

import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo.datasets import fetch_asas, fetch_physionet2012, fetch_uea, fetchers, load_uea

HEAD = "@problemName Toy\n@timeStamps false\n@equalLength true\n@classLabel true up down\n@data\n"
nan = np.nan


@pytest.fixture
def home(server, tmp_path, monkeypatch):
    """Serve from here what the fetchers ask the world for; return the folder of the data sets."""
    for name in ("_UEA", "_PHYSIONET", "_ASAS"):
        ending = getattr(fetchers, name).rsplit("/")[-1]
        monkeypatch.setattr(fetchers, name, f"{server.url}/{ending}")
    monkeypatch.setenv("SKHIPPO_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


def put(folder, name, files):
    """Write a zip or tar file of texts, and return its hash."""
    path = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for file, text in files.items():
                member = tarfile.TarInfo(file)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


# The archive of UEA and UCR


@pytest.mark.parametrize("inside", ["", "Toy/"], ids=["flat", "in a folder"])
def test_sets_of_the_archive_are_downloaded_once(server, home, inside):
    pytest.importorskip("pooch")
    rows = {f"{inside}Toy_TRAIN.ts": HEAD + "1,2:up\n", f"{inside}Toy_TEST.ts": HEAD + "3,4:down\n", "Toy.txt": "x"}
    put(server.folder, "Toy.zip", rows)
    X, y = fetch_uea("Toy")
    assert y.tolist() == ["up", "down"]
    assert X.values[:, 0].tolist() == [1, 2, 3, 4]
    assert fetch_uea("Toy", "test")[1].tolist() == ["down"]
    assert load_uea("Toy")[0] == X
    assert server.requests == ["/Toy.zip"]
    assert sorted(path.name for path in (home / "Toy").iterdir()) == ["Toy_TEST.ts", "Toy_TRAIN.ts"]


def test_present_sets_need_no_download(tmp_path):
    (tmp_path / "Toy").mkdir()
    for part in ("TRAIN", "TEST"):
        (tmp_path / "Toy" / f"Toy_{part}.ts").write_text(HEAD + "1,2:up\n")
    assert len(fetch_uea("Toy", data_home=tmp_path, download_if_missing=False)[0]) == 2
    with pytest.raises(OSError, match=r"Other\.zip does not exist, and download_if_missing is False"):
        fetch_uea("Other", data_home=tmp_path, download_if_missing=False)


def test_hashes_of_sets_of_the_archive(server, home):
    pytest.importorskip("pooch")
    sha256 = put(server.folder, "Toy.zip", {f"Toy_{part}.ts": HEAD + "1,2:up\n" for part in ("TRAIN", "TEST")})
    with pytest.raises(ValueError, match=r"Toy\.zip holds another file than expected"):
        fetch_uea("Toy", sha256="0" * 64)
    assert not list((home / "Toy").iterdir())
    assert len(fetch_uea("Toy", sha256=sha256)[0]) == 2


def test_what_is_not_a_set_of_the_archive(server, home):
    with pytest.raises(ValueError, match=r"name is '\.\./Toy': the name of a set of the archive is expected"):
        fetch_uea("../Toy")
    with pytest.raises(ValueError, match="split must be one of 'train', 'test'; got 'all'"):
        fetch_uea("Toy", "all")
    pytest.importorskip("pooch")
    (server.folder / "Toy.zip").write_text("<html>")
    with pytest.raises(ValueError, match=r"downloaded as Toy\.zip is not a zip file: is 'Toy' the name of a set"):
        fetch_uea("Toy")
    put(server.folder, "Toy.zip", {"Toy_TRAIN.ts": HEAD, "Toy.arff": ""})
    with pytest.raises(ValueError, match=r"Toy\.zip holds no Toy_TEST\.ts, only Toy\.arff, Toy_TRAIN\.ts"):
        fetch_uea("Toy")
    with pytest.raises(OSError, match=r"Nothing\.zip could not be downloaded \(HTTPError: 404"):
        fetch_uea("Nothing")


# PhysioNet 2012

RECORD = """Time,Parameter,Value
00:00,RecordID,{record}
00:00,Age,54
00:00,Gender,0
00:00,Height,-1
00:00,ICUType,4
00:00,Weight,-1
00:07,HR,73
00:07,HR,74
00:37,pH,7.4
00:37,,-1
48:00,Weight,80.5
"""


@pytest.fixture
def records(home, server, monkeypatch):
    """Serve two records and their outcomes as set A."""
    files = {f"set-a/{record}.txt": RECORD.format(record=record) for record in (132539, 132540)}
    outcomes = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n132540,6,1,5,-1,1\n132539,16,8,8,2,0\n"
    (server.folder / "Outcomes-a.txt").write_text(outcomes)
    hashes = {
        "set-a.tar.gz": put(server.folder, "set-a.tar.gz", files),
        "Outcomes-a.txt": hashlib.sha256(outcomes.encode()).hexdigest(),
    }
    monkeypatch.setattr(fetchers, "_HASHES", hashes)
    return hashes


def check_records(X, y):
    assert y.tolist() == [0, 1]
    assert X.series_ids.tolist() == ["132539", "132540"]
    assert X.channel_names == ("HR", "Weight", "pH")
    times, values = X[0]
    assert_array_equal(times, [0, 7 / 60, 37 / 60, 48])
    assert_array_equal(values, [[nan, 74, nan, nan], [nan, nan, nan, 80.5], [nan, nan, 7.4, nan]])


def test_records_of_physionet(records, server):
    pytest.importorskip("pooch")
    check_records(*fetch_physionet2012())
    check_records(*fetch_physionet2012(download_if_missing=False))
    assert server.requests == ["/set-a.tar.gz", "/Outcomes-a.txt"]
    (server.folder / "set-b.tar.gz").write_text("damaged")
    records["set-b.tar.gz"] = records["set-a.tar.gz"]
    with pytest.raises(ValueError, match=r"set-b\.tar\.gz holds another file than expected"):
        fetch_physionet2012("b")
    with pytest.raises(ValueError, match="subset must be one of 'a', 'b'; got 'c'"):
        fetch_physionet2012("c")


def test_descriptors_are_channels_on_request(records, server, home):
    (home / "PhysioNet2012").mkdir(parents=True)
    for file in server.folder.iterdir():
        file.rename(home / "PhysioNet2012" / file.name)
    X, _ = fetch_physionet2012(descriptors=True)
    assert X.channel_names == ("HR", "Weight", "pH", "Age", "Gender", "Height", "ICUType")
    assert_array_equal(X.values[0, 3:], [54, 0, nan, 4])
    assert np.isnan(X.values[1:4, 3:]).all()
    check_records(*fetch_physionet2012())


# ASAS


def test_light_curves(home, server, monkeypatch):
    curves = {"set/7.dat": "2.5,11.0,0.1\n1.0,12.0,0.2\n2.5,13.0,0.3\n", "set/5.dat": "0.5,9.0,0.1\n"}
    labels = "filename,class,meta1\n5,Mira,0.1\n7,RR_Lyrae_FM,0.2\n9,Mira,0.3\n"
    folder = home / "ASAS"
    folder.mkdir(parents=True)
    (folder / "asas_training_set_classes_with_metadata.dat").write_text(labels)
    hashes = {
        "asas_training_set.tar.gz": put(folder, "asas_training_set.tar.gz", curves),
        "asas_training_set_classes_with_metadata.dat": hashlib.sha256(labels.encode()).hexdigest(),
    }
    monkeypatch.setattr(fetchers, "_HASHES", hashes)
    X, y = fetch_asas()
    assert y.tolist() == ["Mira", "RR_Lyrae_FM"]
    assert X.series_ids.tolist() == ["5", "7"]
    times, values = X["7"]
    assert_array_equal(times, [1, 2.5])
    assert_array_equal(values, [[12, 11]])
    X, _ = fetch_asas(errors=True)
    assert X.channel_names == ("magnitude", "error")
    assert_array_equal(X["7"][1], [[12, 11], [0.2, 0.1]])
