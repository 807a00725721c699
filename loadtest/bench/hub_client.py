"""The operator's client of the hub that is measured: plain requests that are waited for, and requests for the
driver, which serves the screens meanwhile."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import msgspec

from loadtest.bench.driver import Address, Driver, HttpCall
from loadtest.bench.errors import BenchError
from protocol.access import TokenPair, UserLogin

Body = TypeVar("Body")

_ANSWERS_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.05


class HubClient:
    """`with HubClient(address) as client:`. `access_token` is empty until `sign_in`.

    Whatever fails raises BenchError.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.base_url = f"http://{address.host}:{address.port}"
        self.access_token = ""
        # The hub is on this machine: no proxy of the environment stands between.
        self._http = httpx.Client(base_url=self.base_url, timeout=_ANSWERS_WITHIN_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def until_ready(self, within_s: float) -> None:
        """Wait until the hub says that it can serve."""
        until_s = time.monotonic() + within_s
        while True:
            try:
                answer = self._http.get("/health/ready")
                why = answer.text
            except httpx.TransportError as error:
                why = str(error)
            else:
                if answer.is_success:
                    return
            if time.monotonic() > until_s:
                raise BenchError(f"after {within_s:.0f} s the hub was not ready: {why[:300]}")
            time.sleep(_LOOK_EVERY_S)

    def sign_in(self, operator: UserLogin) -> None:
        """From now on every request is this operator's."""
        self.access_token = self.post("/api/v1/auth/login", operator, TokenPair).access_token

    def get(self, path: str, shape: type[Body]) -> Body:
        """Ask and wait; no screen is served meanwhile."""
        return _read(path, *self._asked("GET", path, None), shape)

    def post(self, path: str, body: object, shape: type[Body]) -> Body:
        """Ask and wait; no screen is served meanwhile."""
        return _read(path, *self._asked("POST", path, body), shape)

    def text(self, path: str) -> str:
        """What is there, as it is."""
        return self._asked("GET", path, None)[1].decode()

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """The bytes of one request, for `Driver.call` and `HttpClient`."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.address.host}",
            f"Authorization: Bearer {self.access_token}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + content

    def _asked(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = self._http.request(method, path, content=content, headers=headers)
        except httpx.TransportError as error:
            raise BenchError(f"the hub did not answer {path}: {error}") from None
        return answer.status_code, answer.content


def answer_to(call: HttpCall, driver: Driver, path: str, shape: type[Body]) -> Body:
    """The answer to a call of `driver`, which serves the screens until it is there. Raises BenchError."""
    driver.run_until(
        lambda: call.answer is not None, _ANSWERS_WITHIN_S, lambda: f"the hub had not answered {path}"
    )
    assert call.answer is not None
    return _read(path, call.answer.status, call.answer.body, shape)


def _read(path: str, status: int, content: bytes, shape: type[Body]) -> Body:
    if not 200 <= status < 300:
        raise BenchError(f"the hub answered {path} with {status}: {content[:300].decode(errors='replace')}")
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.DecodeError as error:
        raise BenchError(f"the hub's answer to {path} is not what it should be: {error}") from None
