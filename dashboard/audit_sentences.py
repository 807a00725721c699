"""Entries of the audit log as sentences (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dashboard.account_sentences import browser_words
from dashboard.audit_names import Names, told
from dashboard.audit_words import action_words, field_words, kind_words
from dashboard.command_sentences import COMMAND_WORDS
from dashboard.sentences import begun, count
from protocol.audit import AuditRow
from protocol.vocabulary import ActorKind, CommandName


class _Said(NamedTuple):
    """`of_oneself`: where somebody does it to their own account. `whole`: where nobody knows who it was."""

    words: str
    of_oneself: str = ""
    whole: str = ""


SENTENCES: Final = {
    "api_key.created": _Said("made {it}"),
    "api_key.revoked": _Said("revoked {it}"),
    "audit.archived": _Said("moved {entries} of the audit log into an archive"),
    "audit.exported": _Said("exported the audit log as {format}"),
    "audit.read": _Said("read the audit log"),
    "audit.verified": _Said("verified the audit log: {verdict}"),
    "bulk_command.cancelled": _Said("took back {it}"),
    "bulk_command.queued": _Said("sent {command} to {scope}"),
    "command.cancelled": _Said("took back {command} of {it}"),
    "command.queued": _Said("sent {command} to {it}"),
    "content.changed": _Said("changed {it}"),
    "content.created": _Said("made {it}"),
    "content.deleted": _Said("deleted {it}"),
    "content_rules.changed": _Said("changed {it}"),
    "device.approved": _Said("let {it} in"),
    "device.changed": _Said("changed {it}"),
    "device.drilled": _Said("tried the way of an alert to {it}: {drilled}"),
    "device.provisioned": _Said("let in {screens} at once"),
    "device.rejected": _Said("refused to let {it} in"),
    "device.revoked": _Said("shut {it} out"),
    "device.set_up": _Said("changed how {it} is set up"),
    "device.token_rotated": _Said("gave {it} a new token"),
    "emergency.cleared": _Said("gave the all-clear for {it}"),
    "emergency.created": _Said("triggered {it}"),
    "emergency.signed_off": _Said("closed {it}, which {showing} may still show"),
    "enrolment_key.created": _Said("made {it}"),
    "enrolment_key.revoked": _Said("revoked {it}"),
    "feature.changed": _Said("changed {it}"),
    "feature.created": _Said("made {it}"),
    "feature.deleted": _Said("deleted {it}"),
    "group.changed": _Said("changed {it}"),
    "group.created": _Said("made {it}"),
    "group.deleted": _Said("deleted {it}"),
    "group.devices_changed": _Said("changed which screens are in {it}"),
    "link.issued": _Said("made a link {purpose} for {it}"),
    "link.shown": _Said("was shown the link {purpose} for {it}"),
    "media.added": _Said("added {it}"),
    "media.approved": _Said("approved {it}"),
    "media.changed": _Said("changed {it}"),
    "media.deleted": _Said("deleted {it}"),
    "media.rejected": _Said("rejected {it}: {reason}"),
    "media.retired": _Said("retired {it}"),
    "media.submitted": _Said("submitted {it} for approval"),
    "media.withdrawn": _Said("took {it} back before anybody approved it"),
    "playlist.canary_promoted": _Said("gave {version} of {it} to every screen"),
    "playlist.canary_withdrawn": _Said("withdrew {version} of {it}, which some screens tried"),
    "playlist.changed": _Said("changed {it}"),
    "playlist.created": _Said("made {it}"),
    "playlist.deleted": _Said("deleted {it}"),
    "playlist.duplicated": _Said("made {it} as a copy of {original}"),
    "playlist.item_added": _Said("put {item} into {it}"),
    "playlist.item_changed": _Said("changed {item} in {it}"),
    "playlist.item_removed": _Said("took {item} out of {it}"),
    "playlist.items_reordered": _Said("put the items of {it} into another order"),
    "playlist.published": _Said("published {version} of {it}"),
    "playlist.published_anew": _Said(
        "", whole="{It} was published anew as {version}, because what its items stand for changed"
    ),
    "playlist.rolled_back": _Said("went back to {older} of {it}, published as {version}"),
    "request.denied": _Said("was denied {route}"),
    "role.changed": _Said("changed {it}"),
    "role.created": _Said("made {it}"),
    "role.deleted": _Said("deleted {it}"),
    "schedule.changed": _Said("changed the schedule of the playlist {playlist} on {target}"),
    "schedule.created": _Said("scheduled the playlist {playlist} on {target}"),
    "schedule.deleted": _Said("took the playlist {playlist} on {target} out of the schedule"),
    "session.reuse_detected": _Said(
        "", whole="A token of {who} was used twice, so the session was ended: somebody may have copied it"
    ),
    "session.revoked": _Said("ended another session of theirs"),
    "site.changed": _Said("changed {it}"),
    "site.created": _Said("made {it}"),
    "site.deleted": _Said("deleted {it}"),
    "site.people_changed": _Said("changed who is limited to {it}"),
    "tenant.changed": _Said("changed {it}"),
    "tenant.created": _Said("founded {it}"),
    "tenant.entered": _Said("entered {it}: {reason}"),
    "tenant.resumed": _Said("resumed {it}"),
    "tenant.suspended": _Said("suspended {it}"),
    "upload.completed": _Said("uploaded {it}"),
    "upload.created": _Said("began to upload {it}"),
    "upload.deleted": _Said("took back {it}"),
    "user.activated": _Said("switched {it} on"),
    "user.changed": _Said("changed {it}", "changed their own account"),
    "user.created": _Said("made an account for {it}"),
    "user.deactivated": _Said("switched {it} off"),
    "user.deleted": _Said("deleted {it}"),
    "user.forgot_password": _Said("", whole="Somebody asked for a new password of {who}"),
    "user.password_changed": _Said("changed the password of {it}", "changed their password"),
    "user.password_refused": _Said("showed a wrong password when asked for it again"),
    "user.password_set": _Said("set the password of {it}", "chose a new password by a link"),
    "user.recovery_code_used": _Said(
        "", whole="{It} signed in with a recovery code instead of the second factor; {left} left"
    ),
    "user.recovery_codes_renewed": _Said("made new recovery codes"),
    "user.replaced": _Said("replaced the account of {it}"),
    "user.roles_changed": _Said("changed the roles of {it}", "changed their own roles"),
    "user.second_factor_added": _Said("switched their second factor on"),
    "user.second_factor_offered": _Said("began to set up a second factor"),
    "user.second_factor_refused": _Said("gave a wrong code when setting up a second factor"),
    "user.second_factor_removed": _Said(
        "removed the second factor of {it}", "switched their second factor off"
    ),
    "user.sign_in_refused": _Said("", whole="Somebody tried to sign in as {who} and was refused"),
    "user.signed_in": _Said("signed in"),
    "user.signed_out": _Said("signed {it} out everywhere", "signed out"),
    "user.signed_out_everywhere": _Said("signed out everywhere"),
    "user_group.created": _Said("made {it}"),
    "user_group.deleted": _Said("deleted {it}"),
    "user_group.features_changed": _Said("changed which features {it} has"),
    "user_group.members_changed": _Said("changed who is in {it}"),
    "user_group.renamed": _Said("renamed {it}"),
}
"""By action. In braces what the entry says; `{it}` is what was acted upon."""

_PURPOSES: Final = {"invitation": "of invitation", "reset": "to choose a new password"}
_FORMATS: Final = {"csv": "CSV", "jsonl": "JSON Lines"}


def sentence(row: AuditRow, names: Names, tenant_id: str = "") -> str:
    """`ana@example.org changed screen Lobby 3`. `tenant_id`: of whose log it is."""
    said = SENTENCES.get(row.action)
    it = thing(row, names, tenant_id)
    if said is None:  # of another version
        return f"{actor(row)}: {action_words(row.action)} ({it})"
    parts = _parts(row) | {"it": it, "It": begun(it), "who": row.user_email}
    if said.whole:
        return said.whole.format_map(parts)
    own = row.target_type == "session" or (row.target_id is not None and row.target_id == row.user_id)
    words = said.of_oneself if own and said.of_oneself else said.words
    return f"{actor(row)} {words.format_map(parts)}"


def actor(row: AuditRow) -> str:
    """Who did it: `ana@example.org`, `key Fire panel`, `root@cms.local (ROOT, from SYSTEM)`, `Clarion`."""
    if row.actor_kind is ActorKind.SYSTEM:
        by = row.details.get("by")
        return f"Clarion ({by})" if isinstance(by, str) else "Clarion"
    if row.actor_kind is ActorKind.USER and row.on_behalf_of:
        return f"{row.user_email} (ROOT, from {row.on_behalf_of})"
    return row.user_email


def thing(row: AuditRow, names: Names, tenant_id: str = "") -> str:
    """What was acted upon: `screen Lobby 3`; a person by their address alone."""
    kind = kind_words(row.target_type)
    if row.target_id is None:
        return f"the {kind}"
    if row.target_type == "tenant" and row.target_id == tenant_id:
        return "this tenant"
    name = told(row) or names.of(row.target_type, row.target_id)
    if row.target_type == "route":
        return row.target_id
    if row.target_type == "user" and name:
        return name
    if row.target_type == "media" and name:
        return f"{_version(row.details.get('number'))} of {name}"
    if row.target_type == "emergency":
        kind = f"the {kind}"
    if not name and row.target_type == "bulk_command":
        return f"an {kind}"
    return f"{kind} {name or _shortened(row.target_id)}"


def note(row: AuditRow) -> str:
    """What else is worth a word beside the sentence: why it was denied, which fields were changed."""
    after = row.details.get("after")
    if isinstance(after, dict) and after:
        return ", ".join(field_words(name) for name in after)
    if row.action == "request.denied":
        return f"“{row.details.get('reason', '')}”"
    if row.actor_kind is ActorKind.KEY and row.on_behalf_of:
        return f"made by {row.on_behalf_of}"
    return ""


def origin(row: AuditRow) -> str:
    """From where: `192.0.2.7, Firefox on Linux`."""
    browser = browser_words(row.user_agent) if row.user_agent else ""
    return ", ".join(part for part in (row.ip_address or "", browser) if part)


def _parts(row: AuditRow) -> dict[str, str]:
    said = row.details
    command = str(said.get("command", "a command"))
    faults = _number(said.get("faults"))
    path = said.get("path") or row.target_id or "a request"
    times = _number(said.get("times"))
    method = (row.target_id or "").partition(" ")[0] if said.get("path") else ""
    return {
        "command": COMMAND_WORDS[CommandName(command)] if command in list(CommandName) else command,
        "drilled": _drilled(said),
        "entries": count(_number(said.get("entries")), "entry", "entries"),
        "format": _FORMATS.get(str(said.get("format")), "a file"),
        "item": str(said.get("item") or "an item"),
        "older": _version(said.get("rolled_back_to")),
        "original": str(said.get("copy_of_name") or "another one"),
        "version": _version(said.get("number")),
        "left": count(_number(said.get("left")), "is", "are"),
        "playlist": str(said.get("playlist") or "that was chosen"),
        "target": str(said.get("target") or "some screens"),
        "purpose": _PURPOSES.get(str(said.get("purpose")), "to choose a password"),
        "reason": str(said.get("reason", "")),
        "route": f"{method} {path}".strip() + (f", {times} times" if times > 1 else ""),
        "scope": str(said.get("scope_text", "many screens")),
        "screens": count(_length(said.get("devices")), "screen"),
        "showing": count(_number(said.get("still_showing")), "screen"),
        "verdict": "it is whole" if not faults else f"{count(faults, 'thing does', 'things do')} not fit",
    }


def _drilled(said: Mapping[str, Any]) -> str:
    if said.get("proven"):
        return f"it proved within {_number(said.get('took_ms')):,} ms that it would show one"
    return str(said.get("reason") or "it proved nothing")


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _version(value: Any) -> str:
    return f"version {value}" if isinstance(value, int) else "a version"


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else 0


def _shortened(thing_id: str) -> str:
    return f"{thing_id[:8]}…" if len(thing_id) > 20 else thing_id
