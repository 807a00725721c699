"""Who may open the operators' live socket: whoever may see screens, by an access token or a key."""

from __future__ import annotations

import logging

import trio

from hub.access import Access
from hub.gateway.gateway import AskAgain, OperatorIdentity
from hub.operator import Operator
from hub.permissions import require
from hub.tokens import AccessTokens, InvalidToken
from hub.use_cases.api_keys import SECRET_PREFIX
from hub.use_cases.device_secrets import hash_token
from protocol.vocabulary import Permission

logger = logging.getLogger(__name__)


class OperatorDoor:
    """Fulfils `hub.gateway.gateway.OperatorTokens`. `unavailable`: what the database raises while it is
    away."""

    def __init__(
        self, tokens: AccessTokens, access: Access, unavailable: type[Exception], nursery: trio.Nursery
    ) -> None:
        self._tokens = tokens
        self._access = access
        self._unavailable = unavailable
        self._nursery = nursery

    def __call__(self, token: str) -> OperatorIdentity | None:
        """See the port. Raises NotAllowed, AskAgain."""
        operator = self._who(token)
        if operator is None:
            return None
        require(operator, Permission.SCREENS_VIEW)
        return OperatorIdentity(operator.tenant_id, operator.sites, operator.session_id or operator.user_id)

    def _who(self, token: str) -> Operator | None:
        if token.startswith(SECRET_PREFIX):
            return self._access.of_key(hash_token(token))
        try:
            session_id = self._tokens.verify(token)
        except InvalidToken:
            return None
        operator = self._access.of_session(session_id)
        if operator is None and not self._access.is_unknown(session_id):
            # A socket's head is answered without waiting: while this one is sent away, it is looked for.
            self._nursery.start_soon(self._learn, session_id)
            raise AskAgain
        return operator

    async def _learn(self, session_id: str) -> None:
        try:
            await self._access.learn(session_id)
        except self._unavailable as error:
            logger.warning("a session cannot be looked for now: %s", error)
