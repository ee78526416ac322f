"""A file system that only Beam knows: ``disk://`` is a folder of this machine."""

import contextlib
import os

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem


class DiskSystem(LocalFileSystem):
    """As storage: no folders, and nothing is renamed onto what is there."""

    root = ""

    @classmethod
    @contextlib.contextmanager
    def at(cls, folder):
        cls.root = str(folder)
        yield

    @classmethod
    def scheme(cls):
        return "disk"

    def _here(self, path):
        return f"{self.root}/{path.removeprefix('disk://')}"

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = "disk://" + os.path.relpath(os.path.join(folder, name), self.root)
                if path.startswith(dir_or_prefix):
                    yield self.metadata(path)

    def _path_open(self, path, mode, *arguments, **options):
        return super()._path_open(self._here(path), mode, *arguments, **options)

    def create(self, path, *arguments, **options):
        os.makedirs(os.path.dirname(self._here(path)), exist_ok=True)
        return self._path_open(path, "wb", *arguments, **options)

    def exists(self, path):
        return super().exists(self._here(path))

    def rename(self, sources, targets):
        assert not any(map(self.exists, targets))
        super().rename([*map(self._here, sources)], [*map(self._here, targets)])

    def metadata(self, path):
        state = os.stat(self._here(path))
        return FileMetadata(path, state.st_size, state.st_mtime)

    def delete(self, paths):
        for path in paths:
            os.remove(self._here(path))
