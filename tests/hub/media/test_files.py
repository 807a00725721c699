"""Where files are kept, as the settings say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import SettingsError
from hub.media.files import MediaFiles
from hub.media.s3_store import S3Store
from hub.settings import Settings
from hub.use_cases.wiring import utc_now

TENANT = "0d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
BUCKET = "s3://key:hush@store.example/bucket"


@pytest.mark.parametrize(("chosen", "kept"), [(None, "media"), ("elsewhere", "elsewhere")])
def test_files_are_kept_below_the_folder_of_data_unless_another_one_is_named(
    tmp_path: Path, chosen: str | None, kept: str
) -> None:
    named = None if chosen is None else tmp_path / chosen
    files = MediaFiles.of(Settings(data_dir=tmp_path, media_dir=named))
    source = tmp_path / "source"
    source.write_bytes(b"a")
    files.store.put(TENANT, "ab" * 32, source)
    assert (tmp_path / kept / TENANT / "ab" / ("ab" * 32)).read_bytes() == b"a"
    # Nobody but the hub reads them, where no web server is to.
    assert (tmp_path / kept / TENANT / "ab" / ("ab" * 32)).stat().st_mode & 0o077 == 0


def test_the_secret_of_addresses_is_kept_so_they_are_good_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    path = MediaFiles.of(settings).urls.path(TENANT, "ab" * 32, "a", utc_now())
    _, _, grant, tenant, sha256, _ = path.split("/")
    assert MediaFiles.of(settings).urls.check(grant, tenant, sha256, utc_now()).sha256 == "ab" * 32
    assert (tmp_path / "secrets" / "media-urls.key").stat().st_mode & 0o077 == 0


def test_a_bucket_is_used_where_one_is_named_but_no_web_server_sends_from_it(tmp_path: Path) -> None:
    assert isinstance(MediaFiles.of(Settings(data_dir=tmp_path, media_s3_url=BUCKET)).store, S3Store)
    with pytest.raises(SettingsError, match="CLARION_MEDIA_X_ACCEL"):
        MediaFiles.of(Settings(data_dir=tmp_path, media_s3_url=BUCKET, media_x_accel="/media-files/"))
