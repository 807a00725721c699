"""The headers of tus 1.0.0, the protocol of uploads that can be resumed (https://tus.io/protocols). Pure.

Extensions: creation, expiration, termination, checksum.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, Protocol

from werkzeug.http import http_date

from hub.api.problems import ProblemResponse
from hub.use_cases.uploads import CHECKSUMS, Checksum, Progress

VERSION: Final = "1.0.0"
CONTENT_TYPE: Final = "application/offset+octet-stream"
EXTENSIONS: Final = "creation,expiration,termination,checksum"
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_METADATA_AT_MOST: Final = 8_000


class Headers(Protocol):
    """Of a request; names in any case."""

    def get(self, name: str, /) -> str | None: ...


def require_version(headers: Headers) -> None:
    """Raises ProblemResponse (412) for a client of another version, or of none."""
    if headers.get("Tus-Resumable") != VERSION:
        raise ProblemResponse(
            412,
            f"This address speaks tus {VERSION}: send Tus-Resumable: {VERSION}.",
            headers={"Tus-Version": VERSION},
        )


def number(headers: Headers, name: str) -> int:
    """The number that the header is. Raises ProblemResponse (400)."""
    value = headers.get(name) or ""
    if not _NUMBER.fullmatch(value):
        raise ProblemResponse(400, f"The header {name} must say how many bytes, as a number.")
    return int(value)


def metadata(headers: Headers) -> Mapping[str, str]:
    """What Upload-Metadata says, decoded. Raises ProblemResponse (400)."""
    text = headers.get("Upload-Metadata") or ""
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            key = ""
        if not key or len(text) > _METADATA_AT_MOST:
            raise ProblemResponse(
                400, "Upload-Metadata must be pairs of a name and a value in Base64 (of UTF-8), by commas."
            )
    return found


def checksum(headers: Headers) -> Checksum | None:
    """What Upload-Checksum says. Raises ProblemResponse (400)."""
    text = headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if algorithm not in CHECKSUMS or not digest:
        raise ProblemResponse(
            400, f"Upload-Checksum must be one of {', '.join(CHECKSUMS)}, and its digest in Base64."
        )
    return Checksum(algorithm, digest)


def of_progress(progress: Progress) -> dict[str, str]:
    """The headers that say where an upload is."""
    name = base64.b64encode(progress.file_name.encode()).decode()
    return {
        "Upload-Offset": str(progress.offset),
        "Upload-Length": str(progress.size_bytes),
        "Upload-Metadata": f"filename {name}",
        "Upload-Expires": http_date(progress.expires_at),
    }


def of_server(max_bytes: int) -> dict[str, str]:
    """What the hub can do."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
