"""Which devices are in which group: queries and view mean the same, and what people read in a tag query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from persistence import group_reach
from persistence.adaptation import adapters
from persistence.group_reach import DEVICES_OF_GROUPS, devices_in_groups, groups_of_devices
from persistence.transaction import Connection
from tests.persistence.premises import Premises

KEYS = st.sampled_from(["floor", "kind", "public", "Ünïcode, \"=!'%"])
VALUES = st.sampled_from(["", "1", "2", "a, b"])
TERMS = st.one_of(
    st.tuples(st.sampled_from(["is", "is_not"]), KEYS, VALUES),
    st.tuples(st.sampled_from(["has", "has_not"]), KEYS),
)
TAGS = st.dictionaries(KEYS, VALUES, max_size=3)
# By group: how far before it its parent stands (0: it has none), its query, the devices put into it.
FOREST = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.none() | st.lists(TERMS, max_size=3),
        st.sets(st.integers(0, 4), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


def fits(tags: Mapping[str, str], terms: Sequence[Sequence[str]]) -> bool:
    """A tag query, as a person reads it."""
    read: dict[str, Callable[..., bool]] = {
        "is": lambda key, value: tags.get(key) == value,
        "is_not": lambda key, value: tags.get(key) != value,
        "has": lambda key: key in tags,
        "has_not": lambda key: key not in tags,
    }
    return all(read[word](*rest) for word, *rest in terms)


@pytest.fixture
def asking(hub_database_url: str) -> Iterator[Connection]:
    with psycopg.connect(hub_database_url, context=adapters) as connection:
        yield connection


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(tags=st.lists(TAGS, min_size=5, max_size=5), forest=FOREST)
def test_queries_view_and_reader_agree_on_who_is_in_a_group(
    ours: Premises,
    asking: Connection,
    monkeypatch: pytest.MonkeyPatch,
    tags: list[dict[str, str]],
    forest: list[Any],
) -> None:
    asking.execute("SELECT set_config('clarion.tenant_id', %s, true)", (ours.id,))
    devices = [
        asking.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, tags) VALUES (%s, %s, 'D', %s) RETURNING id",
            (ours.id, f"reach-{number}", Jsonb(each)),
        ).fetchall()[0][0]
        for number, each in enumerate(tags)
    ]
    groups: list[str] = []
    expected: list[set[str]] = []
    for number, (back, terms, put) in enumerate(forest):
        parent = number - back if 0 < back <= number else None
        ((group_id,),) = asking.execute(
            "INSERT INTO device_groups (tenant_id, name, parent_id, tag_query, tag_terms)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            (
                ours.id,
                f"Group {number}",
                None if parent is None else groups[parent],
                None if terms is None else "as typed",
                None if terms is None else Jsonb(terms),
            ),
        ).fetchall()
        groups.append(group_id)
        for device in put:
            row = (ours.id, group_id, devices[device])
            asking.execute("INSERT INTO device_group_members VALUES (%s, %s, %s)", row)
        mine = {devices[device] for device in put}
        if terms is not None:
            # Those of the fixture have no tags.
            mine |= {id for id, each in zip(devices, tags, strict=True) if fits(each, terms)}
            mine |= set(ours.devices) if fits({}, terms) else set()
        expected.append(set(mine))
        while parent is not None:
            expected[parent] |= mine
            back = forest[parent][0]
            parent = parent - back if 0 < back <= parent else None
    pairs = {(device, group) for group, reached in zip(groups, expected, strict=True) for device in reached}
    everybody = [*devices, *ours.devices]
    assert set(asking.execute("SELECT device_id, group_id FROM device_group_reach").fetchall()) == pairs
    with monkeypatch.context() as small:
        small.setattr(group_reach, "DEVICES_PER_SLICE", 3)
        found = groups_of_devices(asking, ours.id, everybody)
        counted = devices_in_groups(asking, ours.id, everybody)
    assert {(device, group) for device, its in found.items() for group in its.ids} == pairs
    names = {group: f"Group {number}" for number, group in enumerate(groups)}
    assert all(its.names == sorted(names[group] for group in its.ids) for its in found.values())
    assert counted == Counter(group for _, group in pairs)
    some = groups_of_devices(asking, ours.id, devices[:2])
    assert {(device, group) for device, its in some.items() for group in its.ids} == {
        pair for pair in pairs if pair[0] in devices[:2]
    }
    for group, reached in zip(groups, expected, strict=True):
        rows = asking.execute(DEVICES_OF_GROUPS, {"tenant": ours.id, "ids": [group]}).fetchall()
        assert sorted(row[0] for row in rows) == sorted(reached)
    asking.rollback()


def test_groups_and_devices_of_another_tenant_are_in_no_answer(ours: Premises, theirs: Premises) -> None:
    """Asked as the owner, whom no policy binds: the query alone keeps them apart."""
    for home in (ours, theirs):
        home.run(
            "INSERT INTO device_groups (tenant_id, name, tag_query, tag_terms)"
            " VALUES (%s, 'All', '!nothing', '[[\"has_not\", \"nothing\"]]')",
            home.id,
        )
    ((foreign,),) = theirs.rows("SELECT id FROM device_groups WHERE tenant_id = %s", theirs.id)
    with psycopg.connect(ours.database_url, context=adapters) as owner:
        everybody = [*ours.devices, *theirs.devices]
        found = groups_of_devices(owner, ours.id, everybody)
        assert {device for device, its in found.items() if its.ids} == set(ours.devices)
        assert devices_in_groups(owner, ours.id, everybody).keys().isdisjoint([foreign])
        assert owner.execute(DEVICES_OF_GROUPS, {"tenant": ours.id, "ids": [foreign]}).fetchall() == []
