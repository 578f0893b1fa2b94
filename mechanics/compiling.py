"""Compiled forms are kept for the next run whole or not at all, however the program that compiles them ends.

FFCx begins the file of a form in its cache and marks it when all is done. A program that is killed in between leaves a
file that nobody finishes: whoever needs this form from then on waits for it in vain and gives up. Here a form is made
in a folder of its own and comes into the cache when it is whole. Whoever wants the same form meanwhile waits at a
lock, which the operating system opens when its holder ends.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import zlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from uuid import uuid4

import cffi
from ffcx.codegeneration import jit

UNFINISHED, LOCK = "unfinished", "unfinished.lock"  # in the folder of the cache
ONE_THREAD = threading.Lock()  # a lock on a file holds between processes, not between the threads of one


class CompilingError(RuntimeError):
    """A form cannot be compiled, or not be kept."""


def keep_forms_whole() -> None:
    """Let FFCx compile, from now on in this program, in a folder of its own; called once, by `import mechanics`."""
    for name in ("compile_forms", "compile_expressions"):  # dolfinx has everything compiled by one of these
        setattr(jit, name, _kept_whole(getattr(jit, name)))


def _kept_whole(compile_them: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(compile_them)
    def compiled(them: Any, options: Any = None, cache_dir: Path | None = None, *more: Any, **settings: Any) -> Any:
        if cache_dir is None:  # none is kept
            return compile_them(them, options or {}, cache_dir, *more, **settings)
        with ONE_THREAD, _Making(Path(cache_dir)) as making:
            found = compile_them(them, options or {}, making.folder, *more, **settings)
            making.keep()
        return found

    return compiled


class _Making:
    """One form on its way into the cache. FFCx asks `find` in place of its own `get_cached_module` for it first."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.folder = cache / UNFINISHED / uuid4().hex  # made with the first file in it
        self._name: str | None = None  # None if nothing had to be made
        self._lock: IO[str] | None = None
        self._get_cached_module = jit.get_cached_module

    def __enter__(self) -> _Making:
        setattr(jit, "get_cached_module", self.find)  # noqa: B010 - types of FFCx forbid the assignment
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        setattr(jit, "get_cached_module", self._get_cached_module)  # noqa: B010
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
        if isinstance(error, (OSError, cffi.VerificationError)):
            raise CompilingError(
                f"a form could not be compiled ({error}): this takes a C compiler, and room in {self.cache}, where it "
                "is kept (the variable XDG_CACHE_HOME names another place)"
            ) from error

    def find(self, name: str, objects: Any, folder: Path, timeout: int) -> tuple[Any, Any]:
        """The form out of the cache; (None, None), for which FFCx makes it in the folder, if it is not there whole and
        nobody makes it."""
        found = self._kept(name, objects, timeout)
        if found is None:
            self._wait_for(name)
            found = self._kept(name, objects, timeout)
        if found is None:
            for begun in self.cache.glob(f"{UNFINISHED}/*/{name}.c"):  # by a program that has been killed
                shutil.rmtree(begun.parent, ignore_errors=True)
            self._name = name
            found = self._get_cached_module(name, objects, folder, timeout)
        return found

    def keep(self) -> None:
        """Put what has been made into the cache, its mark last."""
        if self._name is None:
            return
        for file in (*self.folder.glob(f"{self._name}*.so"), *_files(self.folder, self._name)):
            # A copy, since a library that is loaded may not be loaded a second time under another name.
            copy = Path(shutil.copy(file, self.folder / "copy"))
            copy.replace(self.cache / file.name)

    def _kept(self, name: str, objects: Any, timeout: int) -> tuple[Any, Any] | None:
        if not all(file.exists() for file in _files(self.cache, name)):
            return None
        try:
            return self._get_cached_module(name, objects, self.cache, timeout)
        except (ImportError, AttributeError):  # the library is gone, or was cut short with its disk
            return None

    def _wait_for(self, name: str) -> None:
        """For whoever makes this form, as long as it takes. Each form has a byte of the lock for its own."""
        self.cache.mkdir(parents=True, exist_ok=True)
        self._lock = (self.cache / LOCK).open("a")
        fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, zlib.crc32(name.encode()))


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    """What FFCx begins with, and its mark that all is done."""
    return folder / f"{name}.c", folder / f"{name}.c.cached"
