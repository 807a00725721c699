"""`clarion inspect`: asks the hub of this machine what it is busy with, in the hub's own name.

The name is good because it is signed with the hub's secret, which is read where the hub reads it; the token
lasts a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import httpx
import msgspec

from hub.errors import StartError
from hub.jwt_keys import keys_of, known_kids
from hub.local_trust import local_trust
from hub.operator import THE_HUB
from hub.settings import Settings
from hub.tokens import AccessTokens
from protocol.inspection import Inspection

_TOKEN_TTL_S: Final = 60
_ANSWER_WITHIN_S: Final = 10.0
_AS_THE_HUB: Final = (
    "run this where the hub runs, with its CLARION_JWT_SECRET, or its CLARION_DATA_DIR in which it keeps one"
)


def fetch(settings: Settings) -> Inspection:
    """The running hub's answer. Raises StartError, with a line that says what to do."""
    if settings.jwt_secret is None and not known_kids(settings.data_dir):
        raise StartError(f"No secret of a hub is in {settings.data_dir}: {_AS_THE_HUB}.")
    token = AccessTokens(keys_of(settings), _TOKEN_TTL_S).issue(THE_HUB, datetime.now(UTC))
    url = f"{settings.hub_url}/api/v1/inspect"
    try:
        with httpx.Client(verify=local_trust(settings), timeout=_ANSWER_WITHIN_S, trust_env=False) as client:
            answer = client.get(url, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise StartError(
            f"No hub answers at {settings.hub_url} ({reason}): check that it runs, and CLARION_PORT or "
            "CLARION_HUB_URL."
        ) from error
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise StartError(f"The hub at {settings.hub_url} has another secret: {_AS_THE_HUB}.")
    try:
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=Inspection)
    except (httpx.HTTPStatusError, msgspec.DecodeError) as error:
        raise StartError(
            f"What answers at {settings.hub_url} is not a hub of this version (status {answer.status_code}): "
            "check CLARION_PORT or CLARION_HUB_URL."
        ) from error
