"""What every store does, whichever it is: whole files, once, found by tenant and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from hub.errors import SettingsError
from hub.media.local_store import LocalStore
from hub.media.packages import LISTING
from hub.media.s3_store import Bucket, S3Store
from hub.media.store import PIECE_BYTES, MediaStore, NotStored, StoreFailed

TENANT = "0d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
OTHER = "1d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server that speaks S3; its address."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"s3://key:hush%2Fhush@{host}:{port}/clarion?tls=no"
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    if request.param == "local":
        return LocalStore(tmp_path / "media")
    bucket = Bucket.from_url(request.getfixturevalue("s3"))._replace(name=uuid4().hex)
    store = S3Store(bucket)
    store.client.create_bucket(Bucket=bucket.name)
    return store


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
    "name",
    ["../x", "a/../../x", "/etc/passwd", "a//b", ".", "a\0b", "pictures", "..\\x", "nothing", "x" * 999],
)
def test_no_name_leads_out_of_a_package(store: MediaStore, package: Path, name: str) -> None:
    sha256 = "cd" * 32
    store.put_package(TENANT, sha256, package)
    with pytest.raises(NotStored):
        store.open(TENANT, sha256, name)


def test_what_a_hub_left_unfinished_is_cleared_away_when_it_is_old(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "media")
    source, sha256 = file_of(tmp_path, b"whole")
    store.put(TENANT, sha256, source)
    place = tmp_path / "media" / store.location(TENANT, sha256)
    (place.parent / ".unfinished-file").write_bytes(b"half")
    (place.parent / ".unfinished-package").mkdir()
    (place.parent / ".unfinished-package" / "a").write_bytes(b"half")
    now = datetime.now(UTC)
    store.clear_unfinished(now - timedelta(minutes=1))
    assert len(list(place.parent.iterdir())) == 3
    store.clear_unfinished(now + timedelta(minutes=1))
    assert list(place.parent.iterdir()) == [place]


def test_parts_of_a_file_that_never_came_whole_are_cleared_from_a_bucket(s3: str) -> None:
    bucket = Bucket.from_url(s3)._replace(name=uuid4().hex)
    store = S3Store(bucket)
    store.client.create_bucket(Bucket=bucket.name)
    store.client.create_multipart_upload(Bucket=bucket.name, Key="a")
    store.clear_unfinished(datetime.now(UTC) - timedelta(days=9000))
    assert len(store.client.list_multipart_uploads(Bucket=bucket.name)["Uploads"]) == 1
    store.clear_unfinished(datetime.now(UTC) + timedelta(minutes=1))
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=bucket.name)


def test_a_link_in_a_folder_of_the_store_is_not_followed(tmp_path: Path, package: Path) -> None:
    store, sha256 = LocalStore(tmp_path / "media"), "cd" * 32
    (package / "out.txt").symlink_to("/etc/passwd")
    store.put_package(TENANT, sha256, package)
    with pytest.raises(NotStored):
        store.open(TENANT, sha256, "out.txt")
    kept = tmp_path / "media" / store.location(TENANT, sha256)
    (kept / "in.txt").symlink_to("/etc/passwd")
    with pytest.raises(NotStored):
        store.open(TENANT, sha256, "in.txt")


def test_what_cannot_be_written_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("no folder")
    source, sha256 = file_of(tmp_path, b"a")
    with pytest.raises(StoreFailed):
        LocalStore(tmp_path / "media").put(TENANT, sha256, source)
    missing = tmp_path / "gone"
    with pytest.raises(StoreFailed):
        LocalStore(tmp_path / "other").put(TENANT, sha256, missing)
    assert [path for path in (tmp_path / "other").rglob("*") if path.is_file()] == []


def test_a_bucket_that_does_not_answer_is_a_failure_that_does_not_tell_the_secret() -> None:
    store = S3Store(Bucket("http://127.0.0.1:9", "clarion", "key", "hush", "us-east-1"))
    with pytest.raises(StoreFailed) as failure:
        store.open(TENANT, "ab" * 32)
    assert "hush" not in str(failure.value)


@pytest.mark.parametrize(
    "url",
    [
        "s3://store.example/bucket",
        "s3://key:hush@store.example",
        "s3://key:hush@store.example/a/b",
        "s3://key:hush@store.example/bucket?tls=maybe",
        "s3://key:hush@store.example:x/bucket",
    ],
)
def test_an_address_of_a_bucket_that_is_none_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="CLARION_MEDIA_S3_URL") as refusal:
        Bucket.from_url(url)
    assert "hush" not in str(refusal.value)


def test_an_address_of_a_bucket_says_where_it_is_and_what_opens_it() -> None:
    bucket = Bucket.from_url("s3://key:a%2Fb@store.example:9000/clarion?tls=no&region=here")
    assert bucket == Bucket("http://store.example:9000", "clarion", "key", "a/b", "here")
    assert Bucket.from_url("s3://k:s@store.example/c").endpoint == "https://store.example"
