"""Archives unpacked once, into a cache folder.

Not beside the archive: a user's folder may be read-only, and nothing in it is ever written over.
Not into memory: CUB's pictures are 1.1 GB, and a compressed archive has no random access. The
folder is `$XDG_CACHE_HOME/tfretrieval`, else `~/.cache/tfretrieval`; it may be deleted any time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from data_pipelines.records import DataError
from tfretrieval.files import leads_out

NOT_READ = (".zip", ".7z", ".rar")


def cache_folder() -> Path:
    """Where unpacked and fetched data are kept."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tfretrieval"


def unpack(files: Sequence[Path], name: str) -> Path:
    """A folder with what the tar archives hold; `.mat` files among them are copied into it.

    The folder appears whole or not at all. A run that was killed goes on with what it had; of two
    at the same time the first wins. Archives that change (path, size, time) are unpacked anew.

    Raises:
        DataError: an archive is damaged or is not tar, it cannot be written, or holds what it
            should not: links, devices, paths that lead out of the folder.
    """
    for file in files:
        if file.suffix.lower() in NOT_READ:
            raise DataError(
                f"{str(file)!r} is an archive of a kind that is not read here: unpack it, and "
                "point --data-dir to the folder"
            )
    target = cache_folder() / f"{name}-{_key(files)}"
    part = target.with_name(f"{target.name}.part")
    if target.is_dir():
        return target
    try:
        part.mkdir(parents=True, exist_ok=True)
        for file in files:
            if file.suffix == ".mat":
                shutil.copyfile(file, part / file.name)
            else:
                _unpack_one(file, part)
        os.rename(part, target)
    except DataError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        shutil.rmtree(part, ignore_errors=True)
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{_names(files)} is no tar archive, or damaged: fetch it again ({reason})"
        ) from None
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if not target.is_dir():
            reason = error.strerror or str(error)
            raise DataError(
                f"cannot unpack {_names(files)} into {str(target)!r}: {reason}; set "
                "XDG_CACHE_HOME to a place with room, or unpack it yourself"
            ) from None
    return target


def _unpack_one(file: Path, folder: Path) -> None:
    incoming = folder / f".incoming-{os.getpid()}"
    with tarfile.open(file) as archive:
        for member in tqdm(archive, f"unpacking {file.name}", delay=3, unit=" files", disable=None):
            path = folder / _inside(member, file)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            if path.is_file() and path.stat().st_size == member.size:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(member)
            assert source is not None
            with source, open(incoming, "wb") as copy:
                shutil.copyfileobj(source, copy)
            os.replace(incoming, path)


def _inside(member: tarfile.TarInfo, file: Path) -> PurePosixPath:
    """The path of a member that may be unpacked."""
    path = PurePosixPath(member.name)
    if leads_out(member.name) or "\\" in member.name:
        raise DataError(f"{str(file)!r} is refused: {member.name!r} leads out of its folder")
    if not (member.isfile() or member.isdir()):
        raise DataError(f"{str(file)!r} is refused: {member.name!r} is a link or a device")
    return path


def _names(files: Sequence[Path]) -> str:
    return " or ".join(repr(str(file)) for file in files)


def _key(files: Sequence[Path]) -> str:
    state = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]
