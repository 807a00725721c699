"""What somebody who is limited to sites may see of a scope, and whether all of it is theirs. Pure.

Rule 1: a scope is theirs when nothing outside their sites can come into it: what moves does not change that,
        but for a screen that was named by itself.
Rule 2: of a scope that is not theirs they see what of it is: no id and no name of another site.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from protocol.api import Scope

Sites: TypeAlias = frozenset[str] | None
"""The ids of the sites to which somebody is limited; None: to none."""

SiteOf: TypeAlias = Callable[[str], str | None]
"""The id of the site that a screen, by its id, is in now."""

HERE_AND_ELSEWHERE: Final = "screens at your sites and at others"


def lies_within(scope: Scope, sites: Sites, site_of: SiteOf) -> bool:
    """Whether the scope reaches nothing outside these sites."""
    if sites is None or (scope.within is not None and sites.issuperset(scope.within)):
        return True
    match scope.kind:
        case "sites":
            return sites.issuperset(scope.ids)
        case "devices":
            return all(site_of(device_id) in sites for device_id in scope.ids)
        case _:
            return False


def as_seen(scope: Scope, words: str, sites: Sites, site_of: SiteOf) -> tuple[Scope, str]:
    """The scope and its words, as those see them who are limited to these sites."""
    if sites is None or lies_within(scope, sites, site_of):
        return scope, words
    ids, within = scope.ids, scope.within
    if scope.kind == "sites":
        ids = [id for id in ids if id in sites]
    elif scope.kind == "devices":
        ids = [id for id in ids if site_of(id) in sites]
    if within is not None:
        within = [id for id in within if id in sites]
    names_others = scope.kind in ("sites", "devices") or within is not None
    seen = msgspec.structs.replace(scope, ids=ids, within=within)
    return seen, HERE_AND_ELSEWHERE if names_others else words
