"""Contents: what people name and find; and the rules that hold for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, LiteralString, NamedTuple, Protocol

from psycopg.errors import UniqueViolation

from persistence.repositories.base import Repository
from protocol.contents import ContentFacets


class ContentRow(NamedTuple):
    """One content. `lower_name`: as PostgreSQL orders names. `facts`: what people say of it. `newest_id`,
    `approved_id`: of its newest version, and of the newest one that is approved."""

    id: str
    lower_name: str
    facts: dict[str, Any]
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    versions: int
    newest_id: str | None
    approved_id: str | None


class Wanted(Protocol):
    """What a list is to hold; None: whatever. `kind`, `status`: of the newest version."""

    @property
    def text(self) -> str | None: ...
    @property
    def tag(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...


_FACTS: Final = ("name", "description", "category", "tags", "valid_from", "valid_until")
_SELECT: Final[LiteralString] = """
SELECT c.id, lower(c.name) AS lower_name, c.name, c.description, c.category, c.tags, c.valid_from,
       c.valid_until, c.revision,
       c.created_by_name AS created_by, c.created_at, c.updated_at,
       coalesce(v.versions, 0)::int AS versions, v.newest_id, v.approved_id FROM
"""
_VERSIONS: Final[LiteralString] = """ c
       LEFT JOIN LATERAL (
           SELECT count(*) AS versions, (array_agg(m.id ORDER BY m.number DESC))[1] AS newest_id,
                  (array_agg(m.id ORDER BY m.number DESC) FILTER (WHERE m.status = 'approved'))[1]
                      AS approved_id
             FROM media m WHERE m.tenant_id = c.tenant_id AND m.content_id = c.id) v ON true
"""
_OF_NEWEST: Final[LiteralString] = """
 AND EXISTS (SELECT FROM media m
    WHERE m.tenant_id = %(tenant)s AND m.content_id = c.id
      AND (%(kind)s::text IS NULL OR m.kind = %(kind)s)
      AND (%(status)s::text IS NULL OR m.status = %(status)s)
      AND NOT EXISTS (SELECT FROM media n
           WHERE n.tenant_id = %(tenant)s AND n.content_id = c.id AND n.number > m.number))
"""
_IN_USE: Final[LiteralString] = """
SELECT * FROM (
    (SELECT 'tags' AS facet, t AS value, count(*)::int AS contents
       FROM contents c CROSS JOIN LATERAL unnest(c.tags) t
      WHERE c.tenant_id = %(tenant)s GROUP BY t ORDER BY count(*) DESC, t LIMIT %(most)s)
    UNION ALL
    (SELECT 'categories', c.category, count(*)::int
       FROM contents c WHERE c.tenant_id = %(tenant)s AND c.category <> ''
      GROUP BY c.category ORDER BY count(*) DESC, c.category LIMIT %(most)s)) x
"""
_COLUMNS: Final[dict[str, LiteralString]] = {
    "name": "name = %(name)s",
    "description": "description = %(description)s",
    "category": "category = %(category)s",
    "tags": "tags = %(tags)s",
    "valid_from": "valid_from = %(valid_from)s",
    "valid_until": "valid_until = %(valid_until)s",
}


class Contents(Repository):
    """Fits `hub.use_cases.content_ports.Contents`."""

    def find(
        self,
        wanted: Wanted,
        order: Literal["newest", "name"],
        after: tuple[Any, str] | None,
        limit: int,
    ) -> list[ContentRow]:
        """In this order, those after `after`: the instant of making or the lower-case name, and the id."""
        sql: LiteralString = "SELECT c.* FROM contents c WHERE c.tenant_id = %(tenant)s"
        if wanted.text is not None:
            sql += (
                " AND strpos(lower(c.name || ' ' || c.description || ' ' || array_to_string(c.tags, ' ')),"
                " lower(%(text)s)) > 0"
            )
        if wanted.tag is not None:
            sql += " AND c.tags @> ARRAY[%(tag)s]"
        if wanted.category is not None:
            sql += " AND c.category = %(category)s"
        if wanted.kind is not None or wanted.status is not None:
            sql += _OF_NEWEST
        if after is not None:
            sql += (
                " AND (c.created_at, c.id) < (%(key)s, %(id)s::uuid)"
                if order == "newest"
                else " AND (lower(c.name), c.id) > (%(key)s, %(id)s::uuid)"
            )
        by: LiteralString = (
            " ORDER BY c.created_at DESC, c.id DESC" if order == "newest" else " ORDER BY lower(c.name), c.id"
        )
        key, content_id = after or (None, None)
        rows = self._rows(
            # First the page, then its versions: not those of ten thousand that are not on it.
            "WITH page AS (" + sql + by + " LIMIT %(limit)s) " + _SELECT + "page" + _VERSIONS + by,
            text=wanted.text,
            tag=wanted.tag,
            category=wanted.category,
            kind=wanted.kind,
            status=wanted.status,
            key=key,
            id=content_id,
            limit=limit,
        )
        return [_made(row) for row in rows]

    def get(self, content_id: str) -> ContentRow | None:
        """One of them."""
        row = self._row(
            _SELECT + "contents" + _VERSIONS + " WHERE c.tenant_id = %(tenant)s AND c.id = %(id)s",
            id=content_id,
        )
        return _made(row) if row else None

    def get_locked(self, content_id: str) -> ContentRow | None:
        """The same; nobody else changes it, or adds a version, until the end of the transaction."""
        found = self._row(
            "SELECT FROM contents WHERE tenant_id = %(tenant)s AND id = %(id)s FOR UPDATE", id=content_id
        )
        return None if found is None else self.get(content_id)

    def named(self, name: str) -> str | None:
        """The name, as it is written, of the content that is called so in whatever case."""
        row = self._row(
            "SELECT name FROM contents WHERE tenant_id = %(tenant)s AND lower(name) = lower(%(name)s)",
            name=name,
        )
        return row["name"] if row else None

    def add(self, facts: Mapping[str, Any], user_id: str, by: str, at: datetime) -> str | None:
        """A new one, with all of its facts; its id. None if the name is taken."""
        row = self._row(
            "INSERT INTO contents (tenant_id, name, description, category, tags, valid_from, valid_until,"
            " created_by, created_by_name, created_at, updated_at)"
            " VALUES (%(tenant)s, %(name)s, %(description)s, %(category)s, %(tags)s, %(valid_from)s,"
            " %(valid_until)s, %(user)s, %(by)s, %(at)s, %(at)s) ON CONFLICT DO NOTHING RETURNING id",
            user=user_id,
            by=by,
            at=at,
            **facts,
        )
        return row["id"] if row else None

    def change(self, content_id: str, facts: Mapping[str, Any], at: datetime) -> bool:
        """Sets these facts and raises the revision. False if the name is taken."""
        sets: LiteralString = "".join(", " + _COLUMNS[name] for name in facts)
        try:
            self._run(
                "UPDATE contents SET updated_at = %(at)s, revision = revision + 1"  # noqa: S608 -- literals
                + sets
                + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
                id=content_id,
                at=at,
                **facts,
            )
        except UniqueViolation:
            return False
        return True

    def remove(self, content_id: str) -> None:
        """With its versions, none of which must be used anywhere."""
        self._run("DELETE FROM contents WHERE tenant_id = %(tenant)s AND id = %(id)s", id=content_id)

    def facets(self, at_most: int) -> ContentFacets:
        """Tags and categories in use, the most frequent first, so many of each."""
        found: dict[str, dict[str, int]] = {"tags": {}, "categories": {}}
        for row in self._rows(_IN_USE, most=at_most):
            found[row["facet"]][row["value"]] = row["contents"]
        return ContentFacets(found["tags"], found["categories"])

    def approve_own(self) -> bool:
        """Whether whoever made a version may approve it too."""
        row = self._row("SELECT approve_own FROM content_rules WHERE tenant_id = %(tenant)s")
        return bool(row and row["approve_own"])

    def put_approve_own(self, allowed: bool) -> None:
        """Lets them, or does not."""
        self._run(
            "INSERT INTO content_rules (tenant_id, approve_own) VALUES (%(tenant)s, %(allowed)s)"
            " ON CONFLICT (tenant_id) DO UPDATE SET approve_own = excluded.approve_own",
            allowed=allowed,
        )


def _made(row: dict[str, Any]) -> ContentRow:
    facts = {name: row.pop(name) for name in _FACTS}
    return ContentRow(facts=facts, **row)
