"""The OpenAPI document is true, whoever asks: every role is asked everything by every route, sane or not.

No answer is a fault, none is undocumented in status, type or shape, and none has a word of another tenant.
"""

from __future__ import annotations

import itertools
import uuid
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.permissions import PERMISSIONS
from protocol.vocabulary import SYSTEM_TENANT_ID, RoleName
from tests.hub.hub_process import HubProcess, running_hub
from tests.hub.tenants import PASSWORD, add_person
from tests.isolation.occupied import Occupied, occupy
from tests.patience import PATIENCE_S

EXAMPLES: Final = 2
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# These end the session that asks; the others would be refused from then on.
_LAST_WORDS: Final = {"/api/v1/auth/logout", "/api/v1/auth/logout-all"}
_ASKERS: Final = [*RoleName, "limited to a site", "a key", "nobody"]


def token_of(hub: HubProcess, database_url: str, ours: Occupied, asker: str) -> str:
    """What somebody of ours shows: an access token, or the secret of a key. ROOT is at home in SYSTEM."""
    if asker == RoleName.ROOT:
        of_root = {"email": hub.people.root_email, "password": hub.people.root_password}
        sign_in = {"tenant_id": SYSTEM_TENANT_ID, **of_root}
    else:
        sites, role = None, asker
        if asker == "limited to a site":
            sites, role = [ours.ids["site_id"]], RoleName.DEVICE_ADMIN
        elif asker == "a key":
            role = RoleName.TENANT_ADMIN
        person = add_person(database_url, ours.tenant, role, sites=sites)
        sign_in = {"tenant_id": ours.tenant.id, "email": person.email, "password": PASSWORD}
    answer = httpx.post(f"{hub.url}/api/v1/auth/login", json=sign_in, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    token = str(answer.json()["access_token"])
    if asker != "a key":
        return token
    key = {"name": "Asks everything", "permissions": sorted(PERMISSIONS[RoleName.TENANT_ADMIN])}
    made = httpx.post(
        f"{hub.url}/api/v1/api-keys",
        json=key,
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_S,
    )
    assert made.status_code == 201, made.text
    return str(made.json()["secret"])


def known(name: str, path: str, it: Occupied) -> str | None:
    """The id that this parameter of a path is of."""
    special = {"/user-groups": "user_group_id", "/enrolment-keys": "enrolment_key_id"}
    key = next((special[part] for part in special if part in path and name in ("group_id", "key_id")), name)
    return it.tenant.id if key == "tenant_id" else it.ids.get(key)


@pytest.mark.parametrize("asker", _ASKERS)
def test_every_answer_is_documented_no_fault_and_has_no_word_of_another_tenant(
    asker: str, database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    ours, theirs = occupy(database_url, "Ours"), occupy(database_url, "Theirs")
    with running_hub(database_url, hub_database_url, tmp_path) as hub:
        headers = {}
        if asker != "nobody":
            headers["Authorization"] = f"Bearer {token_of(hub, database_url, ours, asker)}"
        schema = schemathesis.openapi.from_url(f"{hub.url}/api/v1/openapi.json")
        asked = itertools.count(1)
        wrong = []
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.path in _LAST_WORDS:
                continue

            @seed(20261121)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def ask(case: schemathesis.Case[Any]) -> None:
                whose = (ours, theirs)[next(asked) % 2]
                for name in case.path_parameters:
                    case.path_parameters[name] = known(name, case.path, whose) or str(uuid.uuid4())
                response = case.call(headers=headers)
                case.validate_response(response, checks=CHECKS)
                for word in (theirs.marker, theirs.tenant.admin.email):
                    assert word not in response.text, f"{case.method} {case.path} tells {word}"

            try:
                ask()
            except (FailureGroup, Failure, AssertionError) as failure:
                wrong.append(f"{operation.label}: {failure}")
        assert wrong == [], "\n\n".join(wrong)
        assert next(asked) > 150
        assert hub.is_alive()
