"""What every store does, whichever it is: whole files, once, found by tenant and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.media.local_store import LocalStore
from hub.media.packages import LISTING
from hub.media.store import PIECE_BYTES, MediaStore, NotStored

TENANT = "0d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
OTHER = "1d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
Make = Callable[[], MediaStore]


@pytest.fixture(params=["local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MediaStore]:
    yield LocalStore(tmp_path / "media")


def file_of(tmp_path: Path, content: bytes, name: str = "source") -> tuple[Path, str]:
    path = tmp_path / name
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def read(
    store: MediaStore, sha256: str, name: str | None = None, begins: int = 0, ends: int | None = None
) -> bytes:
    file = store.open(TENANT, sha256, name)
    try:
        return b"".join(file.pieces(begins, file.size_bytes if ends is None else ends))
    finally:
        file.close()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "pictures").mkdir(parents=True)
    (folder / "index.html").write_text("<img src=pictures/a.png>")
    (folder / "pictures" / "a.png").write_bytes(b"no picture")
    (folder / LISTING).write_text("made by somebody else")
    return folder


def test_a_file_is_read_as_it_was_put_whole_or_in_part(store: MediaStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * (2 * PIECE_BYTES // 256) + b"end"
    source, sha256 = file_of(tmp_path, content)
    store.put(TENANT, sha256, source)
    source.unlink()
    assert read(store, sha256) == content
    assert read(store, sha256, begins=PIECE_BYTES - 1, ends=PIECE_BYTES + 2) == b"\xff\x00\x01"
    assert read(store, sha256, begins=len(content) - 3) == b"end"
    assert read(store, sha256, begins=5, ends=5) == b""


def test_what_is_there_already_is_put_again_without_harm(store: MediaStore, tmp_path: Path) -> None:
    source, sha256 = file_of(tmp_path, b"the same")
    store.put(TENANT, sha256, source)
    store.put(TENANT, sha256, source)
    assert read(store, sha256) == b"the same"


def test_a_file_is_its_tenants_alone(store: MediaStore, tmp_path: Path) -> None:
    source, sha256 = file_of(tmp_path, b"ours")
    store.put(TENANT, sha256, source)
    with pytest.raises(NotStored):
        store.open(OTHER, sha256)
    store.put(OTHER, sha256, source)
    store.delete(OTHER, sha256)
    assert read(store, sha256) == b"ours"


def test_what_is_deleted_is_not_there_any_more_and_can_be_put_again(
    store: MediaStore, tmp_path: Path
) -> None:
    source, sha256 = file_of(tmp_path, b"back")
    store.put(TENANT, sha256, source)
    store.delete(TENANT, sha256)
    with pytest.raises(NotStored):
        store.open(TENANT, sha256)
    store.delete(TENANT, sha256)
    store.put(TENANT, sha256, source)
    assert read(store, sha256) == b"back"


def test_of_a_package_every_file_is_read_and_the_list_names_them_with_their_hashes(
    store: MediaStore, package: Path
) -> None:
    sha256 = "cd" * 32
    store.put_package(TENANT, sha256, package)
    store.put_package(TENANT, sha256, package)
    assert read(store, sha256, "index.html") == b"<img src=pictures/a.png>"
    listed = json.loads(read(store, sha256, LISTING))
    assert [(each["path"], each["mime_type"]) for each in listed] == [
        ("index.html", "text/html; charset=utf-8"),
        ("pictures/a.png", "image/png"),
    ]
    for each in listed:
        content = read(store, sha256, each["path"])
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        assert len(content) == each["size_bytes"]
    store.delete(TENANT, sha256)
    for name in ("index.html", "pictures/a.png", LISTING):
        with pytest.raises(NotStored):
            store.open(TENANT, sha256, name)


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "a//b", ".", "a\0b", "pictures", "..\\x", "nothing"]
)
def test_no_name_leads_out_of_a_package(store: MediaStore, package: Path, name: str) -> None:
    sha256 = "cd" * 32
    store.put_package(TENANT, sha256, package)
    with pytest.raises(NotStored):
        store.open(TENANT, sha256, name)
