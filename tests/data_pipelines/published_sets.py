"""The public sets, tiny, in the layout of their archives. The counts are in `TINY`."""

import dataclasses
import io
import tarfile

import numpy as np
import scipy.io

from data_pipelines import data_sets
from data_pipelines.sources import Halves, PublishedSet
from tests.data_pipelines.pictures import encode, picture, write_tree

TINY = {
    "caltech256": (8, 6, 4),
    "caltech_birds2011": (8, 4, 4),
    "caltech_birds2011/zero_shot": (6, 6, 4),
    "cars196": (5, 4, 3),
    "cars196/zero_shot": (5, 4, 3),
    "cifar10": (20, 10, 10),
    "imagenet2012": (7, 4, 2),
    "stanford_dogs": (5, 3, 2),
}
TINY_SEEN = {"caltech_birds2011/zero_shot": 2, "cars196/zero_shot": 2}
SETS = {each.name: each for each in data_sets.DATA_SETS if isinstance(each, PublishedSet)}
TINY_TRAINING = 2  # of each class of Caltech256

# Pictures are 12 pixels high and 16 wide.
SPECIES = ("001.Wren", "002.Finch", "003.Owl", "004.Gull")
BIRDS = tuple(f"{name}/{name[4:]}_{i}.jpg" for name in SPECIES for i in range(3))
BIRD_BOX = "4.0 3.0 8.0 6.0"  # x, y, width, height

DOGS = {
    "train": [f"n01-Basset/n01_{i}.jpg" for i in (1, 2, 3)]
    + [f"n02-Pug_dog/n02_{i}.jpg" for i in (1, 2)],
    "test": ["n01-Basset/n01_4.jpg", "n02-Pug_dog/n02_3.jpg", "n02-Pug_dog/n02_4.jpg"],
}
# In a frame of 32 x 24, so that the box must refer to it and not to the picture's header.
ONE_DOG = [(8, 6, 24, 18)]  # xmin, ymin, xmax, ymax
TWO_DOGS = [(2, 6, 8, 12), (24, 18, 16, 12)]

CARS = {"train": [1, 1, 2, 2, 3], "test": [1, 3, 3, 3]}


OBJECTS = {"001.ak47": 4, "056.dog": 4, "198.spider": 3, "256.toad": 3}

SYNSETS = {"n01440764": (4, 3), "n01443537": (3, 1)}  # training and validation pictures


def caltech256_files():
    """With all that is no picture of a class: strays, clutter, a copy of another class."""
    names = [f"{name}/{name[:3]}_{i + 1:04d}.jpg" for name in OBJECTS for i in range(OBJECTS[name])]
    names += [f"257.clutter/257_{i:04d}.jpg" for i in (1, 2)]
    names += ["056.dog/greg/vision309/056_0001.jpg", "256.toad/198_0001.jpg", "056.dog/._056.jpg"]
    files = {name: encode(picture(name)) for name in names}
    files |= {"198.spider/RENAME2": b"mv a b", "002.notes.txt": b"no class"}
    return {f"256_ObjectCategories/{name}": contents for name, contents in files.items()}


def imagenet_names():
    """`(part, class, file name)` of every picture; the parts take turns in the numbers."""
    number = 0
    for synset, (train, val) in SYNSETS.items():
        for i in range(train):
            yield "train", synset, f"{synset}_{10 * i + 7}.JPEG"
        for _ in range(val):
            number += 1
            yield "val", synset, f"ILSVRC2012_val_{5 * number % 7:08d}.JPEG"


def imagenet_files():
    files = {"/".join(name): encode(picture(name[2])) for name in imagenet_names()}
    return {**files, "train/n01440764/Thumbs.db": b"", "val/labels.txt": b"1"}


def cub_files():
    """Relative paths and contents; the second bird's box hangs over the edge."""
    numbered = list(enumerate(BIRDS, 1))
    boxes = {number: BIRD_BOX for number, _ in numbered} | {2: "4.0 3.0 20.0 6.0"}
    lists = {
        "images.txt": [f"{i} {name}" for i, name in numbered],
        "image_class_labels.txt": [f"{i} {int(name[:3])}" for i, name in numbered],
        "train_test_split.txt": [f"{i} {int(i % 3 != 0)}" for i, _ in numbered],
        "bounding_boxes.txt": [f"{i} {boxes[i]}" for i, _ in numbered],
    }
    files = {name: ("\n".join(lines) + "\n").encode() for name, lines in lists.items()}
    files |= {f"images/{name}": encode(picture(name)) for name in BIRDS}
    return {f"CUB_200_2011/{name}": contents for name, contents in files.items()}


def dogs_files():
    """The first dog of each part has company."""
    files = {"file_list.mat": mat(file_list=np.zeros((1, 1)))}
    for split, names in DOGS.items():
        cells = np.array(names, dtype=object)[:, None]
        labels = np.array([[int(name[2])] for name in names], np.uint8)
        files[f"{split}_list.mat"] = mat(file_list=cells, labels=labels)
        for i, name in enumerate(names):
            files[f"Images/{name}"] = encode(picture(name))
            files[f"Annotation/{name[:-4]}"] = annotation(ONE_DOG if i else TWO_DOGS)
    return files


def annotation(boxes):
    objects = "".join(
        f"<object><name>dog</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for x1, y1, x2, y2 in boxes
    )
    size = "<size><width>32</width><height>24</height><depth>3</depth></size>"
    return f"<annotation><folder>n01</folder>{size}{objects}</annotation>".encode()


def cars_files():
    """The second car of each part has its corners swapped."""
    names = np.array([["AM General Hummer", "Acura RL", "Audi A5"]], dtype=object)
    files = {"devkit/cars_meta.mat": mat(class_names=names)}
    lists = {"train": "devkit/cars_train_annos.mat", "test": "cars_test_annos_withlabels.mat"}
    for split, labels in CARS.items():
        rows = []
        for i, label in enumerate(labels):
            name = f"{i + 1:05d}.jpg"
            x1, x2 = (12, 5) if i == 1 else (5, 12)
            rows.append(tuple(map(np.uint8, (x1, 4, x2, 9, label))) + (name,))
            files[f"cars_{split}/{name}"] = encode(picture(f"{split}/{name}"))
        fields = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")
        struct = np.array([rows], dtype=[(field, object) for field in fields])
        files[lists[split]] = mat(annotations=struct)
    return files


def cifar_files():
    """Four pictures a training file, in all classes twice; ten in the test file."""
    rows = np.random.default_rng(0).integers(0, 256, (30, 3073), dtype=np.uint8)
    rows[:, 0] = np.arange(30) % 10
    names = [f"data_batch_{i}.bin" for i in range(1, 6)]
    parts = [*np.split(rows[:20], 5), rows[20:]]
    files = {
        name: part.tobytes() for name, part in zip([*names, "test_batch.bin"], parts, strict=True)
    }
    files["batches.meta.txt"] = "\n".join("abcdefghij").encode() + b"\n\n"
    return {f"cifar-10-batches-bin/{name}": contents for name, contents in files.items()}


FILES = {
    "caltech256": caltech256_files,
    "caltech_birds2011": cub_files,
    "cars196": cars_files,
    "cifar10": cifar_files,
    "imagenet2012": imagenet_files,
    "stanford_dogs": dogs_files,
}
# archive -> what the names of its members begin with
ARCHIVES = {
    "caltech256": {"256_ObjectCategories.tar": ("256_ObjectCategories/",)},
    "caltech_birds2011": {"CUB_200_2011.tgz": ("CUB_200_2011/",)},
    "cars196": {
        "cars_train.tgz": ("cars_train/",),
        "cars_test.tgz": ("cars_test/",),
        "car_devkit.tgz": ("devkit/",),
    },
    "cifar10": {"cifar-10-binary.tar.gz": ("cifar-10-batches-bin/",)},
    "stanford_dogs": {
        "images.tar": ("Images/",),
        "annotation.tar": ("Annotation/",),
        "lists.tar": ("file_list", "train_list", "test_list"),
    },
}


def shrink(monkeypatch):
    """The catalogue expects the counts of the tiny sets."""
    shown = [_small(each) if each in SETS.values() else each for each in data_sets.DATA_SETS]
    monkeypatch.setattr(data_sets, "DATA_SETS", tuple(shown))
    monkeypatch.setattr("data_pipelines.sources.caltech256.TRAINING", TINY_TRAINING)


def _small(published):
    name, halves = f"{published.name}/zero_shot", published.halves
    if halves:
        halves = Halves(TINY_SEEN[name], TINY[name])
    return dataclasses.replace(published, counts=TINY[published.name], halves=halves)


def write_unpacked(name, folder):
    """Writes the unpacked data of a set below a folder; returns that folder, a path."""
    write_tree(folder, FILES[name]())
    return folder


def write_archives(name, folder):
    """Writes the original archives of a set into a folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files, written = FILES[name](), []
    for archive, beginnings in ARCHIVES[name].items():
        members = {path: data for path, data in files.items() if path.startswith(beginnings)}
        written.append(write_tar(folder / archive, members))
        files = {path: data for path, data in files.items() if path not in members}
    for path, contents in files.items():
        (folder / path).write_bytes(contents)
        written.append(folder / path)
    return written


def write_tar(path, members):
    """A tar file, compressed as its name says; a member is its bytes or a `TarInfo`."""
    mode = "w" if path.suffix == ".tar" else "w:gz"
    with tarfile.open(path, mode) as archive:
        for name, member in members.items():
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(member)
                archive.addfile(info, io.BytesIO(member))
    return path


def mat(**variables):
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, variables)
    return buffer.getvalue()
