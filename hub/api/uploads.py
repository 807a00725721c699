"""Files come in, by tus 1.0.0: begin, ask where it is, go on, give up. What is spoken is in `tus.py`."""

from __future__ import annotations

from typing import Final

from hub.api import tus
from hub.api.body_stream import BodyStream
from hub.api.decoding import CORRECT
from hub.api.problems import ProblemResponse
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases

PATH: Final = "/api/v1/uploads"


async def uploads_can(use_cases: UseCases) -> Answer:
    return Answer(None, 204, tus.of_server(use_cases.uploads.max_bytes))


async def begin_upload(use_cases: UseCases, operator: Operator, headers: tus.Headers) -> Answer:
    tus.require_version(headers)
    size_bytes = tus.number(headers, "Upload-Length")
    if size_bytes == 0:
        raise ProblemResponse(422, CORRECT, fields={"Upload-Length": "the file is empty"})
    name = tus.metadata(headers).get("filename", "")
    begun = await use_cases.uploads.begin(operator, name, size_bytes)
    return Answer(None, 201, {"Location": f"{PATH}/{begun.id}", **tus.of_progress(begun)})


async def find_upload(
    use_cases: UseCases, operator: Operator, headers: tus.Headers, upload_id: str
) -> Answer:
    tus.require_version(headers)
    return Answer(None, 200, tus.of_progress(await use_cases.uploads.find(operator, upload_id)))


async def add_to_upload(
    use_cases: UseCases, operator: Operator, headers: tus.Headers, stream: BodyStream, upload_id: str
) -> Answer:
    tus.require_version(headers)
    if (headers.get("Content-Type") or "").strip().lower() != tus.CONTENT_TYPE:
        raise ProblemResponse(415, f"Send the bytes as Content-Type: {tus.CONTENT_TYPE}.")
    offset, checksum = tus.number(headers, "Upload-Offset"), tus.checksum(headers)
    grown = await use_cases.uploads.add(operator, upload_id, offset, stream, checksum)
    if stream.is_broken:
        raise ProblemResponse(408, "The rest did not come. What came is kept; ask where it is, and go on.")
    return Answer(None, 204, tus.of_progress(grown))


async def drop_upload(
    use_cases: UseCases, operator: Operator, headers: tus.Headers, upload_id: str
) -> Answer:
    tus.require_version(headers)
    await use_cases.uploads.drop(operator, upload_id)
    return Answer(None, 204)


_OTHER_VERSION: Final = "Not tus 1.0.0: Tus-Resumable is missing, or another."
_NO_SUCH_UPLOAD: Final = "There is no such upload of yours."
_OVER: Final = "Its time is over, or a version has taken it."
_NO_ROOM: Final = "The disk, or what the tenant may use, is full. What came is kept."

ROUTES: Final = (
    route(
        "OPTIONS",
        PATH,
        uploads_can,
        tag="uploads",
        summary="What the hub can of tus: version, extensions, the largest file",
        answers={204: (None, "In the headers.")},
    ),
    route(
        "POST",
        PATH,
        begin_upload,
        tag="uploads",
        summary="Begin to upload a file of Upload-Length bytes; Upload-Metadata has its filename",
        answers={201: (None, "Begun. Location says where its bytes go, Upload-Expires until when.")},
        problems={
            400: "A header is missing, or is not what tus has it be.",
            412: _OTHER_VERSION,
            413: "The file is larger than this hub takes.",
            422: "The file is empty.",
            507: _NO_ROOM,
        },
    ),
    route(
        "HEAD",
        f"{PATH}/{{upload_id}}",
        find_upload,
        tag="uploads",
        summary="How many bytes of an upload are here; a request that still adds to it is ended",
        answers={200: (None, "Upload-Offset and Upload-Length.")},
        problems={404: _NO_SUCH_UPLOAD, 410: _OVER, 412: _OTHER_VERSION},
    ),
    route(
        "PATCH",
        f"{PATH}/{{upload_id}}",
        add_to_upload,
        tag="uploads",
        summary="Go on with an upload at Upload-Offset; the body is bytes, as many as you like",
        answers={204: (None, "They are here, on the disk. Upload-Offset says how many there are now.")},
        problems={
            400: "A header is missing, or is not what tus has it be.",
            404: _NO_SUCH_UPLOAD,
            408: "Nothing more came. What came is kept.",
            409: "The upload is not at this offset.",
            410: _OVER,
            412: _OTHER_VERSION,
            413: "More came than Upload-Length said.",
            415: "The body is not declared as application/offset+octet-stream.",
            423: "Another request adds to the upload now.",
            460: "What came is not what Upload-Checksum says. Nothing of it was kept.",
            507: _NO_ROOM,
        },
    ),
    route(
        "DELETE",
        f"{PATH}/{{upload_id}}",
        drop_upload,
        tag="uploads",
        summary="Give an upload up",
        answers={204: (None, "It is no more.")},
        problems={
            404: _NO_SUCH_UPLOAD,
            409: "A version is made of it now.",
            410: _OVER,
            412: _OTHER_VERSION,
        },
    ),
)
