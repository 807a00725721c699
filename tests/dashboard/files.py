"""Files as people upload them, and what the API does with them without a browser."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import httpx
from PIL import Image

from tests.dashboard.houses import add

TUS = {"Tus-Resumable": "1.0.0"}


def picture(folder: Path, name: str, colour: str = "navy", size: tuple[int, int] = (640, 360)) -> Path:
    """A picture of one colour."""
    file = folder / name
    Image.new("RGB", size, colour).save(file)
    return file


def package(folder: Path, name: str, page: str) -> Path:
    """An HTML package with one page and its script."""
    file = folder / name
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", page)
        archive.writestr("more/colour.js", "document.body.style.background = 'rgb(1, 2, 3)'")
    return file


def upload(api: httpx.Client, file: Path) -> str:
    """Bring it to the hub by tus; the id of the upload."""
    content = file.read_bytes()
    name = base64.b64encode(file.name.encode()).decode()
    headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
    begun = api.post("/uploads", headers=headers)
    assert begun.status_code == 201, begun.text
    upload_id = begun.headers["Location"].rpartition("/")[2]
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = api.patch(f"/uploads/{upload_id}", headers=headers, content=content)
    assert sent.status_code == 204, sent.text
    return str(upload_id)


def add_version(api: httpx.Client, content_id: str, file: Path) -> str:
    """A new version of a content; its id."""
    return add(api, f"/contents/{content_id}/media", upload_id=upload(api, file))


def add_page(api: httpx.Client, name: str, url: str = "https://menu.example/today", **fields: object) -> str:
    """A content that is a web page, ready at once; the id of its version."""
    return add(api, f"/contents/{add(api, '/contents', name=name, **fields)}/media", url=url)


def step(api: httpx.Client, media_id: str, name: str, **body: object) -> None:
    """Submit, approve, reject, retire."""
    answer = api.post(f"/media/{media_id}/{name}", json=body or None)
    assert answer.is_success, answer.text
