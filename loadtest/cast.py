"""Which screens there are: the same ones in every run, with names that an operator could meet.

Rule 1: everything about a screen follows from its number and the number of sites, so that the next run finds
        the same devices.
Rule 2: within a site no two screens have the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.api import ProvisionItem
from protocol.vocabulary import SIMULATED_PLATFORM

MODEL: Final = "Simulated screen"
DEFAULT_PREFIX: Final = "sim"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where screens of a kind hang. `{n}` in the name is the number of this one among them."""

    name: str
    group: str
    orientation: str = "landscape"


_HOSPITAL: Final = (
    Spot("Main entrance", "Entrances", "portrait"),
    Spot("Ward {n} corridor", "Corridors"),
    Spot("Emergency waiting room", "Waiting areas"),
    Spot("Ward {n} nurses' station", "Staff areas"),
    Spot("Radiology waiting room", "Waiting areas"),
    Spot("Cafeteria counter {n}", "Restaurants"),
    Spot("Lift lobby, floor {n}", "Corridors", "portrait"),
    Spot("Outpatient desk {n}", "Reception desks"),
)
_STATION: Final = (
    Spot("Ticket hall", "Entrances"),
    Spot("Platform {n}", "Platforms"),
    Spot("Platform {n}, south end", "Platforms"),
    Spot("Underpass {n}", "Corridors"),
    Spot("Waiting room", "Waiting areas"),
    Spot("Exit {n}", "Entrances", "portrait"),
)
_CAMPUS: Final = (
    Spot("Library foyer", "Entrances", "portrait"),
    Spot("Lecture hall {n}", "Lecture halls"),
    Spot("Canteen queue {n}", "Restaurants"),
    Spot("Faculty office {n}", "Reception desks"),
    Spot("Stairwell {n}", "Corridors", "portrait"),
    Spot("Sports centre", "Waiting areas"),
)
_SHOP: Final = (
    Spot("Shop window {n}", "Entrances", "portrait"),
    Spot("Checkout {n}", "Checkouts"),
    Spot("Aisle {n}", "Sales floor"),
    Spot("Customer service", "Reception desks"),
    Spot("Staff room", "Staff areas"),
)

SITES: Final[tuple[tuple[str, Sequence[Spot]], ...]] = (
    ("St Brigid Hospital", _HOSPITAL),
    ("Central Station", _STATION),
    ("Northgate Campus", _CAMPUS),
    ("Market Street Store", _SHOP),
    ("Harbour Clinic", _HOSPITAL),
    ("Riverside Station", _STATION),
    ("Hillside Campus", _CAMPUS),
    ("Airport Store", _SHOP),
)


def screens(count: int, *, sites: int = 4, prefix: str = DEFAULT_PREFIX) -> list[ProvisionItem]:
    """Screens number 1 to `count`, spread evenly over the first `sites` of `SITES`.

    Raises ValueError when there are fewer or more sites than that.
    """
    if not 1 <= sites <= len(SITES):
        raise ValueError(f"there are 1 to {len(SITES)} sites, not {sites}")
    return [_screen(number, sites, prefix) for number in range(1, count + 1)]


def _screen(number: int, sites: int, prefix: str) -> ProvisionItem:
    site, spots = SITES[(number - 1) % sites]
    round_, place = divmod((number - 1) // sites, len(spots))
    spot = spots[place]
    if "{n}" in spot.name:
        name = spot.name.format(n=round_ + 1)
    else:
        # There is one main entrance; the second is called so.
        name = spot.name if round_ == 0 else f"{spot.name} {round_ + 1}"
    return ProvisionItem(
        hardware_id=f"{prefix}-{number:04d}",
        name=name,
        platform=SIMULATED_PLATFORM,
        model=MODEL,
        site=site,
        group=spot.group,
        location=f"{name}, {site}",
        tags={"orientation": spot.orientation},
    )
