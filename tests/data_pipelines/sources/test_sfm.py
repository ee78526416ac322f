"""retrieval-SfM: lists, pictures and pairs, and what is said where they do not fit."""

import pickle

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import read_sfm, read_sfm_whitening
from tests.data_pipelines.pictures import write_tree

NAME, SMALL = "retrieval-SfM-120k", "retrieval-SfM-30k"
CIDS = [f"{i}{i:02x}abcd{i}f" for i in range(6)]
LISTS = {
    "train": {"cids": CIDS[:4], "cluster": [7, 7, 3, 3], "qidxs": [0, 2, 3], "pidxs": [1, 3, 2]},
    "val": {"cids": CIDS[4:], "cluster": [9, 9], "qidxs": [1], "pidxs": [0]},
}
WHITENING = {"cids": CIDS[:5], "qidxs": [0, 3], "pidxs": [3, 1]}


def cid_file(cid):
    return f"ims/{cid[-2:]}/{cid[-4:-2]}/{cid[-6:-4]}/{cid}"


def write(root, lists=LISTS, whitening=WHITENING, name=NAME, cids=CIDS):
    """A tiny archive as it is published."""
    files = {f"{name}.pkl": pickle.dumps(lists, 2), f"{name}-whiten.pkl": pickle.dumps(whitening)}
    write_tree(root / name, {**files, **{cid_file(cid): None for cid in cids}})
    return root


def changed(**lists):
    return {**LISTS, "train": {**LISTS["train"], **lists}}


def test_pairs_pictures_and_models(tmp_path):
    train = read_sfm(write(tmp_path))
    assert train.name == "retrieval-SfM-120k train"
    assert train.records.ids.tolist() == CIDS[:4]
    assert train.records.labels.tolist() == [1, 1, 0, 0]
    assert train.records.class_names == ("model 3", "model 7")
    assert train.pairs.tolist() == [[0, 1], [2, 3], [3, 2]]
    assert train.records.paths[0] == str(tmp_path / NAME / "ims/0f/cd/ab/000abcd0f")
    assert train.records.read(3)
    val = read_sfm(tmp_path, mode="val")
    assert val.records.ids.tolist() == CIDS[4:] and val.pairs.tolist() == [[1, 0]]


@pytest.mark.parametrize("above", [(), ("train",), ("train", NAME)])
def test_the_folder_its_parent_or_that_of_train(tmp_path, above):
    write(tmp_path / "train")
    assert len(read_sfm(tmp_path.joinpath(*above)).records) == 4


def test_the_small_set_borrows_pictures(tmp_path):
    write(tmp_path, name=SMALL, cids=())
    with pytest.raises(DataError, match="there are no pictures in .*30k/ims' or .*120k/ims'"):
        read_sfm(tmp_path, SMALL)
    write(tmp_path)
    for root in (tmp_path, tmp_path / SMALL):
        assert f"{NAME}/ims" in read_sfm(root, SMALL).records.paths[0]
    write(tmp_path, name=SMALL)
    assert f"{SMALL}/ims" in read_sfm(tmp_path, SMALL).records.paths[0]


def test_whitening_pairs_hold_pictures_together(tmp_path):
    pairs = read_sfm_whitening(write(tmp_path))
    assert pairs.name == "retrieval-SfM-120k whitening"
    assert pairs.pairs.tolist() == [[0, 3], [3, 1]]
    assert pairs.records.labels.tolist() == [0, 0, 1, 0, 2]
    assert pairs.records.class_names == ("model 0", "model 1", "model 2")
    models = {**WHITENING, "cluster": [5, 5, 5, 5, 8]}
    pairs = read_sfm_whitening(write(tmp_path, whitening=models))
    assert pairs.records.class_names == ("model 5", "model 8")


def test_arrays_will_do_for_lists(tmp_path):
    arrays = {
        part: {key: np.array(each) for key, each in lists.items()} for part, lists in LISTS.items()
    }
    assert read_sfm(write(tmp_path, arrays)).pairs.tolist() == [[0, 1], [2, 3], [3, 2]]


def test_a_picture_may_be_listed_twice(tmp_path):
    write(tmp_path, changed(cids=[CIDS[0], CIDS[1], CIDS[0], CIDS[2]]))
    records = read_sfm(tmp_path).records
    assert records.ids.tolist() == [CIDS[0], CIDS[1], CIDS[0] + "#2", CIDS[2]]
    assert records.paths[0] == records.paths[2]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"val": LISTS["val"]}, "has no part 'train'"),
        ([], "has no part 'train'"),
        ({"train": []}, "has no list 'cids'"),
        (changed(cids=None), "has no list 'cids'"),
        (changed(cids=[*CIDS[:3], "../../x"]), "must hold names of pictures, not '../../x'"),
        (changed(cids=[*CIDS[:3], 5]), "must hold names of pictures, not 5"),
        (changed(cluster=None), "has no list of whole numbers 'cluster'"),
        (changed(cluster=[1, 1, 2]), "3 clusters for 4 pictures"),
        (changed(qidxs=[0, 2, 0.5]), "has no list of whole numbers 'qidxs'"),
        (changed(qidxs=["0"]), "has no list of whole numbers 'qidxs'"),
        (changed(qidxs=[0]), "1 queries for 3 positives"),
        (changed(pidxs=[1, 3, 4]), r"pairs must name pictures 0\.\.3"),
        (changed(pidxs=[1, 3, -1]), r"pairs must name pictures 0\.\.3"),
        (changed(pidxs=[1, 3, 0]), "lie in two clusters"),
        (changed(pidxs=[1, 3, 3]), "is its own positive"),
        (changed(qidxs=[], pidxs=[]), "has no pairs"),
    ],
)
def test_lists_that_do_not_fit_are_one_line(tmp_path, lists, message):
    write(tmp_path, lists)
    with pytest.raises(DataError, match=message) as caught:
        read_sfm(tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_files_are_named(tmp_path):
    for read in (read_sfm, read_sfm_whitening):
        with pytest.raises(DataError, match=r"120k(-whiten)?\.pkl is not in .*; point to"):
            read(tmp_path)
    write(tmp_path, cids=CIDS[2:])
    with pytest.raises(DataError, match=f"2 of 4 pictures are missing, .*{CIDS[0]}'; unpack"):
        read_sfm(tmp_path)
