"""What every function of a repository is told in these tests: ids of another tenant wherever it asks for one.

A parameter that is not here yet fails its test: say what it is to be told.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from hub.use_cases.audit import Done
from hub.use_cases.content_ports import ContentFilter
from hub.use_cases.key_ports import KeyUse
from hub.use_cases.report_ports import Wanted as ReportWanted
from persistence.repositories.media_queue import Taken
from protocol.api import ProvisionItem, Scope
from protocol.frames import AlertText
from protocol.playlists import Canary, DraftItem
from protocol.vocabulary import CommandName, LinkPurpose, SessionEnd, TenantStatus
from tests.isolation.occupied import Occupied

AT: Final = datetime.now(UTC)
LATER: Final = AT + timedelta(days=9)


class NewCommand(NamedTuple):
    """Fits the port."""

    id: str
    device_id: str
    command: CommandName
    args_json: str
    idempotency_key: str | None
    created_by: str
    created_by_name: str
    created_at: datetime
    expires_at: datetime


def _command(it: Occupied) -> NewCommand:
    by = (it.ids["user_id"], it.tenant.admin.email)
    return NewCommand(str(uuid.uuid4()), it.ids["device_id"], CommandName.PING, "{}", None, *by, AT, LATER)


Told = Callable[[Occupied], Any]

# By the parameter's name; where that means something else, by "Class.parameter" or "Class.method.parameter".
_TOLD: Final[dict[str, Told]] = {
    **{
        name: lambda it, name=name: it.ids[name]  # type: ignore[misc]
        for name in ("device_id", "site_id", "group_id", "user_id", "role_id", "feature_id", "key_id")
    },
    **{
        name: lambda it, name=name: it.ids[name]  # type: ignore[misc]
        for name in ("session_id", "bulk_id", "command_id", "emergency_id", "link_id")
    },
    **{
        name: lambda it, name=name: [it.ids[name[:-1]]]  # type: ignore[misc]
        for name in ("device_ids", "site_ids", "group_ids", "user_ids", "role_ids", "feature_ids")
    },
    **{
        name: lambda it, name=name: it.ids[name]  # type: ignore[misc]
        for name in ("upload_id", "content_id", "media_id", "playlist_id", "item_id", "entry_id")
    },
    **{
        name: lambda it, name=name: [it.ids[name[:-1]]]  # type: ignore[misc]
        for name in ("media_ids", "playlist_ids")
    },
    "screenshot_id": lambda it: it.ids["screenshot_id"],
    "Screenshots.add.screenshot_id": lambda it: str(uuid.uuid4()),
    "Screenshots.command_id": lambda it: it.ids["picture_order_id"],
    "taken_at": lambda it: AT,
    "settings": lambda it: {"volume": 1},
    "size_px": lambda it: (1, 1),
    "content": lambda it: b"a picture",
    "keep_newest.at_most": lambda it: 0,
    "Contents.wanted": lambda it: ContentFilter(text=it.marker),
    "Contents.order": lambda it: "newest",
    "Contents.named.name": lambda it: f"{it.marker} content",
    "Contents.remove.content_id": lambda it: it.ids["unused_content_id"],
    "Contents.change.facts": lambda it: {"name": "Taken over"},
    "Contents.add.facts": lambda it: {
        **dict.fromkeys(("name", "description", "category"), "New"),
        **dict.fromkeys(("valid_from", "valid_until")),
        "tags": [],
    },
    "allowed": lambda it: True,
    "Media.ids": lambda it: [it.ids["media_id"]],
    "Media.remove.media_id": lambda it: it.ids["unused_media_id"],
    "Media.change.facts": lambda it: {"note": "Taken over"},
    "Media.add.facts": lambda it: {
        **dict.fromkeys(("kind", "upload_id", "file_name", "duration_s", "processing_detail")),
        "url": "https://new.example/",
        "note": "",
        "processing": "ready",
        "created_by": None,
        "created_by_name": "somebody",
        "created_at": AT,
    },
    "file_name_of_upload.upload_id": lambda it: it.ids["complete_upload_id"],
    "taken": lambda it: Taken(it.ids["working_media_id"], it.ids["upload_id"], "some.png", 1),
    "why": lambda it: "Some text",
    "not_before": lambda it: None,
    "found": lambda it: {
        **dict.fromkeys(("kind", "sha256", "mime_type", "size_bytes", "width", "height", "duration_s")),
        **dict.fromkeys(("codec", "thumbnail_sha256", "detail")),
    },
    "Playlists.name": lambda it: it.marker,
    "number": lambda it: 1,
    "held": lambda it: False,
    "without_length_s": lambda it: 10.0,
    "tags": lambda it: [f"tag-{it.marker}"],
    "PlaylistItems.items": lambda it: [DraftItem(it.ids["item_id"], "Taken over", content_tag="new")],
    "draft": lambda it: [DraftItem(it.ids["item_id"], "Taken over", media_id=it.ids["media_id"])],
    "PlaylistVersions.items": lambda it: [],
    "shuffle": lambda it: True,
    "follows": lambda it: True,
    "total_s": lambda it: 10.0,
    "rolled_back_to": lambda it: None,
    "active": lambda it: 1,
    "canary_number": lambda it: 1,
    "canary": lambda it: Canary(fraction=0.5),
    "Playlists.add.facts": lambda it: {"name": "New", "description": "", "shuffle": False},
    "Playlists.change.facts": lambda it: {"name": "Taken over"},
    "Uploads.add.upload_id": lambda it: str(uuid.uuid4()),
    "Uploads.remove.upload_id": lambda it: it.ids["unused_upload_id"],
    "remove_expired.now": lambda it: LATER,
    "sha256": lambda it: it.hashes["file"].hex(),
    "md5": lambda it: "ab" * 16,
    "size_bytes": lambda it: 9,
    "mime_type": lambda it: "image/png",
    "is_package": lambda it: False,
    "remove_unused.before": lambda it: LATER,
    "UserGroups.group_id": lambda it: it.ids["user_group_id"],
    "EnrolmentKeys.key_id": lambda it: it.ids["enrolment_key_id"],
    "BulkCommands.id": lambda it: it.ids["bulk_id"],
    "Emergencies.id": lambda it: it.ids["emergency_id"],
    "language": lambda it: "en",
    "texts": lambda it: [AlertText("es", it.marker, "Some text")],
    "pictogram": lambda it: "fire",
    "sound": lambda it: "chime",
    "took_ms": lambda it: 43,
    "Names.ids": lambda it: [it.ids["device_id"]],
    "Sites.ids": lambda it: [it.ids["site_id"]],
    "Names.table": lambda it: "devices",
    "only": lambda it: [it.ids["session_id"]],
    "but": lambda it: None,
    "chosen_at": lambda it: None,
    "acts_in": lambda it: None,
    "created_by": lambda it: it.ids["user_id"],
    "issued_by": lambda it: it.ids["user_id"],
    "sites": lambda it: [it.ids["site_id"]],
    "also": lambda it: [it.ids["emergency_id"]],
    "devices": lambda it: [it.ids["device_id"]],
    "uses": lambda it: {it.ids["key_id"]: KeyUse(AT, None)},
    "keys": lambda it: [(it.ids["device_id"], f"{it.marker} once")],
    "Features.keys": lambda it: [f"f.{it.marker.lower()}"],
    "Tags.keys": lambda it: 10,
    "newest": lambda it: {(it.ids["device_id"], CommandName.PING): str(uuid.uuid4())},
    "commands": lambda it: [_command(it)],
    "items": lambda it: [(ProvisionItem("the-same-hardware"), bytes(32))],
    "scope": lambda it: Scope("devices", [it.ids["device_id"]]),
    "hardware_id": lambda it: f"{it.marker}-hw",
    "email": lambda it: it.tenant.admin.email,
    "code": lambda it: it.ids["pairing_code"],
    "names": lambda it: [f"{it.marker} role"],
    "Tenants.name": lambda it: it.tenant.name,
    "idempotency_key": lambda it: f"{it.marker} once",
    "token_hash": lambda it: it.hashes["refresh_token"],
    "Links.token_hash": lambda it: it.hashes["link"],
    "Enrolment.token_hash": lambda it: it.hashes["device_token"],
    "spent_hash": lambda it: it.hashes["refresh_token"],
    "Sessions.go_on.token_hash": lambda it: bytes(range(32)),
    "Sessions.begin.session_id": lambda it: str(uuid.uuid4()),
    "Sessions.begin.token_hash": lambda it: bytes(range(32)),
    "Links.add.token_hash": lambda it: bytes(range(32)),
    "claim_token_hash": lambda it: bytes(32),
    "key_hash": lambda it: bytes(range(32)),
    "code_hash": lambda it: it.hashes["recovery_code"],
    "hashes": lambda it: [it.hashes["recovery_code"]],
    "hide_command_id": lambda it: str(uuid.uuid4()),
    "text": lambda it: it.marker,
    "tag": lambda it: f"owner:{it.marker}",
    "terms": lambda it: [["is", "owner", it.marker]],
    "filters": lambda it: {
        name: it.marker if name == "target_id" else None
        for name in (
            *("since", "until", "action", "actor", "target_type", "target_id", "outcome", "request_id"),
            "text",
        )
    },
    "facts": lambda it: {},
    "Sites.add.facts": lambda it: {
        "name": "New",
        "address": "",
        "time_zone": "UTC",
        "latitude": None,
        "longitude": None,
        "opening_hours": {},
    },
    "Groups.add.facts": lambda it: {
        "name": "New",
        "parent_id": it.ids["group_id"],
        "tag_query": None,
        "tag_terms": None,
    },
    "Sites.change.facts": lambda it: {"name": "Taken over"},
    "Groups.change.facts": lambda it: {"name": "Taken over"},
    "changes": lambda it: {"name": "Taken over"},
    "Users.changes": lambda it: {"full_name": "Taken over"},
    "done": lambda it: [Done.by_clarion(AT, "test.done", "test", None, {})],
    "limits": lambda it: {},
    "roles": lambda it: ["VIEWER"],
    "permissions": lambda it: ["screens:view"],
    "args": lambda it: {},
    "after": lambda it: None,
    "before": lambda it: None,
    "Commands.expire.before": lambda it: LATER,
    "forget_ended.before": lambda it: LATER,
    "purposes": lambda it: list(LinkPurpose),
    "purpose": lambda it: LinkPurpose.RESET,
    "because": lambda it: SessionEnd.REVOKED,
    "Schedule.target": lambda it: None,
    "Schedule.kind": lambda it: "group",
    "place_id": lambda it: it.ids["group_id"],
    "Schedule.change.facts": lambda it: {"name": "Taken over"},
    "Schedule.add.facts": lambda it: {
        **{name: it.ids[name] for name in ("playlist_id", "device_id")},
        **dict.fromkeys(
            ("group_id", "site_id", "tag_query", "tag_terms", "valid_from", "valid_until", "first_day")
        ),
        **dict.fromkeys(("recurrence", "time_zone", "created_by")),
        "name": "New",
        "is_takeover": False,
        "priority": 0,
        "enabled": True,
        "except_days": [],
        "dayparts": [],
        "created_by_name": "somebody",
        "at": AT,
    },
    "Tenants.status": lambda it: TenantStatus.SUSPENDED,
    "Enrolment.status": lambda it: "revoked",
    "status": lambda it: None,
    "if_sent": lambda it: "taken back",
    "state": lambda it: None,
    "missing": lambda it: None,
    "command": lambda it: CommandName.PING,
    "Commands.command": lambda it: None,
    "only_open": lambda it: False,
    "Plays.wanted": lambda it: ReportWanted(
        AT.date() - timedelta(days=1),
        AT.date() + timedelta(days=1),
        by_day=True,
        by_screen=True,
        by_content=True,
    ),
    "since": lambda it: AT - timedelta(days=1),
    "step_min": lambda it: 1,
    "for_everybody": lambda it: True,
    "sealed_secret": lambda it: b"sealed",
    "step": lambda it: 1,
    "lowest": lambda it: 0,
    "highest": lambda it: 2**62,
    "limit": lambda it: 100,
    "first": lambda it: 100,
    "values": lambda it: 10,
    "at_most": lambda it: 100,
    "last_seq": lambda it: 1,
    "last_hash": lambda it: "00" * 32,
    "severity": lambda it: "extreme",
    "role": lambda it: "VIEWER",
    **{name: lambda it: AT for name in ("at", "now", "created_at", "issued_at")},
    **{name: lambda it: LATER for name in ("expires_at", "until", "claim_until")},
    **{name: lambda it: None for name in ("ip", "mac_address", "model", "platform", "player_version")},
    **{
        name: lambda it: "Some text"
        for name in (
            *("name", "title", "message", "detail", "kind", "description", "scope_text", "content_hash"),
            *("prefix", "key", "file", "user_agent", "full_name", "password_hash"),
            *("created_by_name", "issued_by_name", "file_name", "by", "note"),
        )
    },
    "key": lambda it: "some.key",
    "instead_of": lambda it: None,
    "Tenants.tell.tenant_id": lambda it: it.tenant.id,
    "bodies": lambda it: {f"digest-{it.marker}": b"{}"},
    "wanted": lambda it: {it.ids["device_id"]: f"digest-{it.marker}"},
    "Manifests.digest": lambda it: f"digest-{it.marker}",
    "Manifests.forget.before": lambda it: LATER,
}


def arguments_of(owner: type, method: str, theirs: Occupied) -> dict[str, Any]:
    """What the function is told, by parameter. Raises LookupError for one that nobody thought of."""
    told: dict[str, Any] = {}
    for name in list(inspect.signature(getattr(owner, method)).parameters)[1:]:
        for known in (
            f"{owner.__name__}.{method}.{name}",
            f"{method}.{name}",
            f"{owner.__name__}.{name}",
            name,
        ):
            if known in _TOLD:
                told[name] = _TOLD[known](theirs)
                break
        else:
            raise LookupError(
                f"{owner.__name__}.{method}({name}): say in tests/isolation/foreign.py what it is told"
            )
    return told
