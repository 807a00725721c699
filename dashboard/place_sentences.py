"""Sites and groups of screens in words, and what is typed about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dashboard.sentences import count
from dashboard.site_tally import Tally
from protocol.places import Group, Site, TagQueryPreview

NO_TILES: Final = "No map tiles reachable: positions only"
TILES_NOT_SET: Final = "Positions only"
NO_POSITION: Final = "not on the map"

_PLAIN: Final = re.compile(r'[^\s,=!"](?:[^,=!"]*[^\s,=!"])?')
_PIECE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
_DEGREES: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")


class NotAPlace(ValueError):
    """What is typed is no position on the globe; the message says why."""


def tone(tally: Tally) -> str:
    """The colour of a site: `ok` all online, `warn` some, `bad` none, nothing without a screen."""
    if not tally.screens:
        return ""
    if not tally.offline:
        return "ok"
    return "warn" if tally.online else "bad"


def tally_words(tally: Tally) -> str:
    """`no screens`, `6 online`, `5 online, 1 offline`."""
    if not tally.screens:
        return "no screens"
    said = [
        f"{number:,} {word}"
        for number, word in ((tally.online, "online"), (tally.offline, "offline"))
        if number
    ]
    return ", ".join(said)


def sites_words(sites: Sequence[str] | None, site_names: Mapping[str, str]) -> str:
    """To which sites a person or a key is limited: `all sites`, or their names."""
    if sites is None:
        return "all sites"
    if not sites:
        return "no site"
    names = sorted(site_names[site] for site in sites if site in site_names)
    if len(names) < len(sites):  # of sites that the one who looks may not see
        names.append(count(len(sites) - len(names), "other site" if names else "site"))
    return ", ".join(names)


def fits(site: Site, wanted: str) -> bool:
    """Whether all words that are looked for are in what is said of a site."""
    said = f"{site.name} {site.address} {site.time_zone}".casefold()
    return all(word in said for word in wanted.casefold().split())


def position(latitude: str, longitude: str) -> tuple[float, float] | None:
    """What is typed, in degrees; None for nothing. Both may stand in the first field. Raises NotAPlace."""
    first, second = latitude.strip(), longitude.strip()
    if first and not second:
        # As maps give it to the clipboard: 52.52, 13.405
        first, _, second = (part.strip() for part in first.partition("," if "," in first else " "))
    if not first and not second:
        return None
    if not first or not second:
        raise NotAPlace("Latitude and longitude go together: write both, or neither.")
    return _degrees("Latitude", first, 90), _degrees("Longitude", second, 180)


def degrees(value: float | None) -> str:
    """As it is typed: `52.52003`; nothing for None."""
    return "" if value is None else f"{value:.10f}".rstrip("0").rstrip(".")


def with_tag(tag_query: str, key: str, value: str) -> str:
    """The query with a term that holds for this tag, instead of one that asks for another value."""
    word = _word(key)
    kept = [piece.strip() for piece in _PIECE.findall(tag_query)]
    kept = [
        piece for piece in kept if piece and piece != word and not re.match(re.escape(word) + r"\s*=", piece)
    ]
    return ", ".join([*kept, f"{word}={_word(value)}" if value else word])


def found_words(found: TagQueryPreview) -> str:
    """`Fits 12 screens now: Lobby, Stairs and 10 more.`"""
    if not found.devices:
        return "Fits no screen now. Screens that get these tags come into the group by themselves."
    named = ", ".join(found.first)
    more = found.devices - len(found.first)
    if more > 0:
        named += f" and {more:,} more"
    return f"Fits {count(found.devices, 'screen')} now: {named}."


def delete_words(group: Group, inside: Iterable[str], parents: Mapping[str, str]) -> str:
    """What happens when a group is deleted: to its screens, and to the groups inside it."""
    said = "Its screens stay; only the group goes. Alerts and commands that run reach it no longer."
    names = sorted(inside, key=str.casefold)
    if not names:
        return said
    parent = parents.get(group.parent_id or "")
    there = f"into {parent}" if parent else "to the top"
    which = ", ".join(names[:4]) + (f" and {len(names) - 4:,} more" if len(names) > 4 else "")
    return f"{said} What is inside it moves {there}: {which}."


def _degrees(what: str, text: str, most: int) -> float:
    text = text.replace(",", ".").rstrip("°").strip()
    if not _DEGREES.fullmatch(text) or abs(float(text)) > most:
        raise NotAPlace(
            f"{what}: write degrees from -{most} to {most}, like {'52.52' if most == 90 else '13.405'}."
        )
    return float(text)


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
