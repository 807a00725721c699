"""What becomes of a file whose bytes are all there: a content of its name, or a version of one there is."""

from __future__ import annotations

import contextlib
from typing import Final, Protocol

from msgspec import Struct

from dashboard.content_typed import name_of_file, next_name
from dashboard.hub_http import HubError
from protocol.contents import Content, ContentRequest, Media, MediaRequest

_IN_CONFLICT: Final = 409
_MOST_NAMES: Final = 20


class Uploaded(Struct, frozen=True):
    """`content_id`: of the content that it is a new version of; None: a content of its own."""

    file_name: str
    content_id: str | None = None


class Contents(Protocol):
    """What is needed of the hub; `HubContents` fulfils it."""

    async def add(self, request: ContentRequest) -> Content: ...

    async def remove(self, content_id: str) -> None: ...

    async def add_version(self, content_id: str, request: MediaRequest) -> Media: ...


async def make_content(contents: Contents, upload_id: str, uploaded: Uploaded) -> Media:
    """The version. Raises HubError; then there is no content without a version either."""
    request = MediaRequest(upload_id=upload_id)
    if uploaded.content_id is not None:
        return await contents.add_version(uploaded.content_id, request)
    content = await _add(contents, name_of_file(uploaded.file_name))
    try:
        return await contents.add_version(content.id, request)
    except HubError:
        with contextlib.suppress(HubError):
            await contents.remove(content.id)
        raise


async def _add(contents: Contents, name: str) -> Content:
    """A name that is taken gets a number: nobody is asked while ten files are coming."""
    for _ in range(_MOST_NAMES):
        try:
            return await contents.add(ContentRequest(name))
        except HubError as error:
            if error.status != _IN_CONFLICT:
                raise
            name = next_name(name)
    raise HubError(
        f"There are many contents called like {name}. Rename the file, then try again.", _IN_CONFLICT
    )
