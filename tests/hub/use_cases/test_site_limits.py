"""Scopes of people who are limited to sites: what they may name, its words, and what they see of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.operator import Operator
from hub.permissions import PERMISSIONS
from hub.use_cases.errors import Invalid, NotAllowed
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.scopes import Scopes, tidy
from hub.use_cases.site_limits import HERE_AND_ELSEWHERE, as_seen, lies_within
from protocol.api import Scope
from protocol.vocabulary import RoleName
from tests.fakes import RecordingRealtime

ROLE = RoleName.TENANT_ADMIN
ANYWHERE = Operator("u", "t", "T", "op@example.org", (ROLE,), PERMISSIONS[ROLE])
LIMITED = ANYWHERE._replace(sites=frozenset({"a", "b"}))
SITE_OF = {"da": "a", "db": "b", "dc": "c", "dn": None}
ids = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True)
devices = st.lists(st.sampled_from([*SITE_OF, "gone"]), max_size=5, unique=True)
scopes = st.builds(
    lambda kind, sites, screens, groups, within: Scope(
        kind, {"all": [], "sites": sites, "devices": screens, "groups": groups}[kind], within
    ),
    st.sampled_from(["all", "sites", "devices", "groups"]),
    ids,
    devices,
    st.lists(st.sampled_from(["g1", "g2"]), max_size=2, unique=True),
    st.none() | ids,
)


class NothingElse:
    """Fulfils `Database` for whom nothing should ask, or knows these sites."""

    def __init__(self, sites: Mapping[str, str] | None = None) -> None:
        self.asked = 0
        self._sites = sites or {}

    async def transact(self, tenant_id: str, work: Callable[[Transaction], Any], **_: Any) -> Any:
        self.asked += 1
        return work(cast(Transaction, self))

    @property
    def names(self) -> NothingElse:
        return self

    def of(self, table: str, wanted: Sequence[str]) -> dict[str, str]:
        return {id: self._sites[id] for id in wanted if id in self._sites}


class Named(RecordingRealtime):
    """The live side of a tenant with screens at the sites a and b."""

    def names(self, tenant_id: str, scope: Scope) -> Mapping[str, str]:
        known = {"a": "Annex", "b": "Barn", "g": "Doors", "d": "Lobby"}
        return {id: known[id] for id in scope.ids if id in known}

    def site_names(self, tenant_id: str, sites: Sequence[str]) -> Mapping[str, str]:
        return {id: name for id, name in (("a", "Annex"), ("b", "Barn")) if id in sites}


@given(scopes, st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=3))
def test_what_is_seen_of_a_scope_names_nothing_of_another_site(scope: Scope, sites: frozenset[str]) -> None:
    seen, words = as_seen(scope, "words", sites, SITE_OF.get)
    if lies_within(scope, sites, SITE_OF.get):
        assert (seen, words) == (scope, "words")
        return
    assert seen.kind == scope.kind
    if scope.kind == "sites":
        assert sites.issuperset(seen.ids)
    if scope.kind == "devices":
        assert all(SITE_OF.get(id) in sites for id in seen.ids)
    assert seen.within is None or sites.issuperset(seen.within)
    # Only "all screens" and a group's name tell nothing of other sites.
    says_nothing = scope.kind in ("all", "groups") and scope.within is None
    assert words == ("words" if says_nothing else HERE_AND_ELSEWHERE)


@given(scopes)
def test_whoever_is_not_limited_sees_the_whole_of_it(scope: Scope) -> None:
    assert as_seen(scope, "words", None, SITE_OF.get) == (scope, "words")
    assert lies_within(scope, None, SITE_OF.get)


@pytest.mark.parametrize(
    ("scope", "lies"),
    [
        (Scope(), False),
        (Scope(within=["a"]), True),
        (Scope(within=["a", "c"]), False),
        (Scope("sites", ["a", "b"]), True),
        (Scope("sites", ["a", "c"]), False),
        (Scope("sites", ["a", "c"], ["a"]), True),
        (Scope("groups", ["g"]), False),
        (Scope("groups", ["g"], ["b"]), True),
        (Scope("devices", ["da", "db"]), True),
        (Scope("devices", ["da", "dc"]), False),
        (Scope("devices", ["dn"]), False),
        (Scope("devices", ["gone"]), False),
    ],
)
def test_a_scope_lies_within_sites_when_nothing_elsewhere_can_come_into_it(scope: Scope, lies: bool) -> None:
    assert lies_within(scope, frozenset({"a", "b"}), SITE_OF.get) is lies


@pytest.mark.parametrize(
    ("operator", "scope", "within"),
    [
        (ANYWHERE, Scope(), None),
        (ANYWHERE, Scope(within=["C", "c"]), ["c"]),
        (LIMITED, Scope(), ["a", "b"]),
        (LIMITED, Scope(within=["B"]), ["b"]),
        (LIMITED, Scope("sites", ["A"]), ["a", "b"]),
        (LIMITED, Scope("groups", ["g"]), ["a", "b"]),
        (LIMITED, Scope("devices", ["d"], ["a"]), ["a"]),
    ],
)
def test_the_scope_of_somebody_limited_is_within_their_sites(
    operator: Operator, scope: Scope, within: list[str] | None
) -> None:
    tidied = tidy(operator, scope)
    assert tidied == Scope(scope.kind, [id.lower() for id in scope.ids], within)


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope("sites", ["a", "c"]), "scope.ids"),
        (Scope(within=["a", "c"]), "scope.within"),
        (Scope(within=[]), "scope.within"),
    ],
)
def test_a_site_that_is_not_theirs_is_no_site_to_them(scope: Scope, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        tidy(LIMITED, scope)
    assert list(refused.value.fields) == [field]


def test_whoever_is_limited_to_no_site_at_all_is_told_so() -> None:
    with pytest.raises(NotAllowed, match="no site was given to you"):
        tidy(ANYWHERE._replace(sites=frozenset()), Scope())


@pytest.mark.parametrize(
    ("operator", "scope", "words"),
    [
        (ANYWHERE, Scope(), "all screens"),
        (ANYWHERE, Scope("sites", ["a", "b"]), "sites Annex and Barn"),
        (ANYWHERE, Scope(within=["a"]), "all screens of site Annex"),
        (ANYWHERE, Scope("devices", ["d"], ["b"]), "screen Lobby in site Barn"),
        (LIMITED, Scope(), "all screens of sites Annex and Barn"),
        (LIMITED, Scope(within=["b"]), "all screens of site Barn"),
        (LIMITED, Scope("sites", ["b"]), "site Barn"),
        (LIMITED, Scope("groups", ["g"]), "group Doors in sites Annex and Barn"),
        (LIMITED, Scope("devices", ["d"]), "screen Lobby"),
        (
            LIMITED._replace(sites=frozenset({"a", "x", "y"})),
            Scope(),
            "all screens of sites Annex and 2 more",
        ),
        (LIMITED._replace(sites=frozenset({"x", "y"})), Scope(), "all screens of 2 sites"),
        (LIMITED._replace(sites=frozenset({"x"})), Scope(), "all screens of 1 site"),
    ],
)
async def test_a_limit_is_said_in_words_and_postgresql_is_not_asked_for_them(
    operator: Operator, scope: Scope, words: str
) -> None:
    database = NothingElse()
    found = await Scopes(cast(Database, database), Named()).in_words(operator, tidy(operator, scope))
    assert (found, database.asked) == (words, 0)


async def test_sites_that_somebody_not_limited_writes_down_must_be_there() -> None:
    database = NothingElse({"e": "Empty"})
    scopes = Scopes(cast(Database, database), Named())
    assert await scopes.in_words(ANYWHERE, Scope(within=["a", "e"])) == "all screens of sites Annex and Empty"
    with pytest.raises(Invalid) as refused:
        await scopes.in_words(ANYWHERE, Scope(within=["a", "nowhere"]))
    assert refused.value.fields == {"scope.within": "not sites of your tenant: nowhere"}
