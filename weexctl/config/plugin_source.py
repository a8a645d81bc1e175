"""A hash of the code behind a plugin: an installation that is edited in place keeps its version, but not this."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["digest_of_files", "source_digest"]

_CODE = (".py", ".so", ".pyd")


def source_digest(*objects: object) -> str:
    """20 hexadecimal digits over every code file of the import packages these classes and functions come from.

    weexctl itself and the standard library are left out: the version of weexctl stands for the one, that of Python
    for the other.
    """
    modules = {str(getattr(thing, "__module__", "") or "") for thing in objects}
    packages = {module.partition(".")[0] for module in modules} - {"", "weexctl", "builtins"} - sys.stdlib_module_names
    return digest_of_files(pair for package in sorted(packages) for pair in _files(package))


def digest_of_files(files: Iterable[tuple[str, Path]]) -> str:
    """20 hexadecimal digits over names and contents, in the order given."""
    state = hashlib.blake2b(digest_size=10)
    for name, path in files:
        content = path.read_bytes()
        state.update(f"{name}|{len(content)}|".encode())
        state.update(content)
    return state.hexdigest()


def _files(package: str) -> Iterator[tuple[str, Path]]:
    """Name and place of each code file of an imported package or module, sorted."""
    module = sys.modules.get(package)
    for folder in sorted(getattr(module, "__path__", ())):
        root = Path(folder)
        for path in sorted(found for found in root.rglob("*") if found.suffix in _CODE and found.is_file()):
            yield f"{package}/{path.relative_to(root).as_posix()}", path
    file = getattr(module, "__file__", None)
    if file and not hasattr(module, "__path__"):
        yield package, Path(file)
