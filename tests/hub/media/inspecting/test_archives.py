"""HTML packages: unpacked below their folder and nowhere else; bombs, tricks and damage are refused."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from zipfile import ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.media.inspecting.archives import wanted
from hub.media.inspecting.findings import PACKAGE, FileType, Limits, Unusable
from tests.hub.media.inspecting.test_pictures import found, look, why_not
from tests.hub.media.made_files import package, renamed

PAGE = {"index.html": "<title>Hello</title>"}


def unpacked(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / PACKAGE
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_package_is_unpacked_as_it_is(tmp_path: Path) -> None:
    content = package({**PAGE, "css/site.css": "a{}", "empty/": "", "inner.zip": package({"x": "y"})})
    finding = found(look(tmp_path, content, FileType.PACKAGE))
    files = unpacked(tmp_path)
    assert sorted(files) == ["css/site.css", "index.html", "inner.zip"], "what is packed twice stays packed"
    assert finding.unpacked_bytes == sum(map(len, files.values()))
    assert not finding.thumbnail


def test_a_package_in_one_folder_begins_there(tmp_path: Path) -> None:
    content = package(
        {"site/index.html": "x", "site/a.js": "y", "__MACOSX/site/._a": "z", "site/.DS_Store": "z"}
    )
    found(look(tmp_path, content, FileType.PACKAGE))
    assert sorted(unpacked(tmp_path)) == ["a.js", "index.html"]


@pytest.mark.parametrize("files", [{}, {"page.html": "x"}, {"a/index.html": "x", "b/x": "y"}])
def test_without_a_first_page_it_is_no_package(tmp_path: Path, files: dict[str, str]) -> None:
    assert "no index.html" in why_not(look(tmp_path, package(files), FileType.PACKAGE))


@pytest.mark.parametrize(
    "name",
    [
        "../evil.html",
        "a/../../evil",
        "/etc/passwd",
        "C:/evil",
        "a\\..\\..\\evil",
        "./a",
        "a//b",
        "..",
        "a/..",
    ],
)
def test_a_name_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    # Written as if it were harmless, then changed in the bytes: programs that pack are too honest.
    stand_in = "x" * len(name)
    content = renamed(package({**PAGE, stand_in: "evil"}), stand_in, name.encode())
    assert "leads out of it" in why_not(look(tmp_path, content, FileType.PACKAGE))
    assert not (tmp_path / PACKAGE).exists()


@pytest.mark.parametrize("name", [b"index.html\0.png", b"line\nbreak.html", b"escape\x1b[2J.txt"])
def test_a_name_with_control_characters_is_refused(tmp_path: Path, name: bytes) -> None:
    stand_in = "x" * len(name)
    content = renamed(package({**PAGE, stand_in: "evil"}), stand_in, name)
    why = why_not(look(tmp_path, content, FileType.PACKAGE))
    assert "control characters" in why
    assert why.isprintable()


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = ZipInfo("passwords")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", "x")
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in why_not(look(tmp_path, file.getvalue(), FileType.PACKAGE))


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    content = renamed(package({**PAGE, "other.html": "evil"}), "other.html", b"index.html")
    assert "two entries called index.html" in why_not(look(tmp_path, content, FileType.PACKAGE))


def test_a_file_that_is_a_folder_as_well_is_refused(tmp_path: Path) -> None:
    content = package({**PAGE, "a": "x", "a/b": "y"})
    assert "lies below a file" in why_not(look(tmp_path, content, FileType.PACKAGE))


def test_a_bomb_that_says_what_it_is_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    content = package({**PAGE, "zeros": bytes(20_000_000)})
    assert "what bombs are like" in why_not(look(tmp_path, content, FileType.PACKAGE))
    assert not (tmp_path / PACKAGE).exists()
    limits = Limits(unpacked_bytes=1_000_000)
    assert "larger than 1 MB" in why_not(look(tmp_path, content, FileType.PACKAGE, limits))


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    size = 20_000_000
    content = package({**PAGE, "zeros": bytes(size)})
    lying = content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != content
    why_not(look(tmp_path, lying, FileType.PACKAGE))
    assert sum(map(len, unpacked(tmp_path).values())) < 1_000_000


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    content = package({**PAGE, **{f"{n}.txt": "x" for n in range(30)}})
    assert "31 entries" in why_not(look(tmp_path, content, FileType.PACKAGE, Limits(entries=30)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_way_of_packing_is_refused(tmp_path: Path, method: int) -> None:
    assert "ordinary ZIP" in why_not(look(tmp_path, package(PAGE, method=method), FileType.PACKAGE))


def test_an_encrypted_package_is_refused() -> None:
    entry = ZipInfo("index.html")
    entry.flag_bits |= 1
    with pytest.raises(Unusable, match="encrypted"):
        wanted([entry], 100, Limits())


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_package_that_is_cut_short_is_unusable(tmp_path: Path, share: float) -> None:
    content = package({**PAGE, "noise": bytes(range(256)) * 400}, method=zipfile.ZIP_STORED)
    assert "damaged" in why_not(look(tmp_path, content[: int(len(content) * share)], FileType.PACKAGE))


def test_a_package_whose_bytes_were_changed_is_unusable(tmp_path: Path) -> None:
    content = package({**PAGE, "noise": b"A" * 1000}, method=zipfile.ZIP_STORED)
    assert "damaged" in why_not(look(tmp_path, content.replace(b"AAAA", b"AAAB"), FileType.PACKAGE))


@given(st.lists(st.text(st.sampled_from("a./\\:\0-"), min_size=1, max_size=8), max_size=5))
def test_whatever_the_names_are_what_is_wanted_lies_below_the_folder(names: list[str]) -> None:
    entries = [ZipInfo("index.html")]
    for name in names:
        entry = ZipInfo("x")
        entry.filename = entry.orig_filename = name
        entries.append(entry)
    try:
        files = wanted(entries, 1000, Limits())
    except Unusable:
        return
    folder = Path("/store/package")
    for name in files:
        assert (folder / name).resolve().is_relative_to(folder)
        assert (folder / name) != folder
