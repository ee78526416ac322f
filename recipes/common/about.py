"""What every report begins with: which data, when, and on what."""

from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.settings import Settings
from tfretrieval.run_folder import RunFolder


def about(opened: Opened[Settings, Divided]) -> tuple[str, ...]:
    """The lines on the data of a run, and on what it ran."""
    data, folder = opened.data, opened.folder
    held_out = len(data.held_out)
    unseen = int((~data.seen).sum())
    of_unseen = {0: "", len(data.query): " of classes that were never trained on"}
    return (
        f"{len(data.train)} training pictures"
        + (f" ({held_out} of them held out for choices)" if held_out else "")
        + f", {len(data.database)} in the database, {len(data.query)} queries"
        + of_unseen.get(unseen, f" ({unseen} of classes that were never trained on)")
        + f", {data.num_classes} classes; version {data.version}, checksum "
        f"{folder.read_json('data.json')['checksum'][:12]}.",
        f"{opened.config.image_size} pixels, weights {opened.config.weights}.",
        *(f"Note: {note}" for note in data.notes),
        ran_on(folder),
    )


def ran_on(folder: RunFolder) -> str:
    """When and on what the run began."""
    environment = folder.read_json("environment.json")
    packages = environment["packages"]
    workers = f"{environment['workers']}. " if "workers" in environment else ""
    return (
        f"{environment['date']}, commit {environment['commit']}, {environment['machine']}, Python "
        f"{environment['python']}, TensorFlow {packages['tensorflow']}, Keras {packages['keras']}, "
        f"NumPy {packages['numpy']}. {workers}Settings: config.json beside this file."
    )
