"""The way back in, as tests walk it."""

from __future__ import annotations

import re
from email.message import EmailMessage

from hub.operator import Operator
from tests.hub.api.conftest import Api, Reply

NEW = "four words of my own"


async def sign_in(api: Api, operator: Operator, password: str) -> int:
    body = {"email": operator.email, "password": password, "tenant_id": operator.tenant_id}
    return (await api.post("/api/v1/auth/login", body)).status


async def link_for(api: Api, operator: Operator, by: Operator) -> Reply:
    return await api.post(f"/api/v1/users/{operator.user_id}/reset-link", None, by)


def token_in(text: str) -> str:
    found = re.search(r"https://signs\.example/set-password#([A-Za-z0-9_-]{43})(\s|$)", text)
    assert found is not None, text
    return found[1]


def token_of(letter: EmailMessage) -> str:
    return token_in(letter.get_content())


async def choose(api: Api, token: str, password: str = NEW) -> int:
    return (await api.post("/api/v1/auth/set-password", {"token": token, "password": password})).status
