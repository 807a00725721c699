"""What the audit log calls things, actions and fields, and what its verdict says, in words (pure)."""

from __future__ import annotations

from typing import Final

from dashboard.clock import Clock, to_ms
from dashboard.sentences import count
from protocol.audit import AuditVerdict

KINDS: Final = {
    "api_key": "API key",
    "audit_log": "audit log",
    "bulk_command": "order to many screens",
    "content": "content",
    "content_rules": "rules of contents",
    "device": "screen",
    "emergency": "emergency",
    "enrolment_key": "enrolment key",
    "feature": "feature",
    "group": "group",
    "media": "version of a content",
    "playlist": "playlist",
    "role": "role",
    "route": "request",
    "schedule_entry": "entry of the schedule",
    "session": "session",
    "site": "site",
    "tenant": "tenant",
    "upload": "file",
    "user": "person",
    "user_group": "user group",
}
"""What can be acted upon, by the name that an entry has for it."""
_SUBJECTS: Final = {"audit": "audit log", "command": "command", "link": "password link", "request": "request"}


def kind_words(target_type: str) -> str:
    """`user_group` → `user group`."""
    return KINDS.get(target_type, target_type.replace("_", " "))


def action_words(action: str) -> str:
    """`device.token_rotated` → `screen: token rotated`."""
    subject, _, verb = action.partition(".")
    return f"{subject_words(subject)}: {verb.replace('_', ' ')}"


def subject_words(subject: str) -> str:
    """What comes before the dot of an action, in words."""
    return _SUBJECTS.get(subject) or kind_words(subject)


def field_words(name: str) -> str:
    """`site_id` → `site`."""
    for ending, one in (("_ids", "s"), ("_id", "")):
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + one
    return name.replace("_", " ")


def verdict_words(verdict: AuditVerdict, clock: Clock) -> str:
    """Whether the log is whole, in one sentence."""
    if verdict.faults:
        faults = count(len(verdict.faults), "thing does", "things do")
        return f"{faults} not fit among {_looked_at(verdict, clock)}:"
    if not verdict.entries:
        return "There is no entry yet, so none was edited, removed or moved."
    archived = f" {verdict.archived:,} of them are in archives." if verdict.archived else ""
    return f"{_looked_at(verdict, clock)}, none edited, removed or moved.{archived}"


def _looked_at(verdict: AuditVerdict, clock: Clock) -> str:
    entries = count(verdict.entries, "entry", "entries")
    if verdict.first_at is None or verdict.last_at is None:
        return f"{entries}, number {verdict.first_seq:,} to {verdict.last_seq:,}"
    return f"{entries} from {clock.full(to_ms(verdict.first_at))} to {clock.full(to_ms(verdict.last_at))}"
