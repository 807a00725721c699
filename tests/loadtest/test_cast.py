"""Which screens there are."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from loadtest.cast import SITES, screens
from protocol.api import Provision


def test_the_next_run_finds_the_same_devices_however_many_it_wants() -> None:
    assert screens(50) == screens(2_000)[:50]
    assert [screen.hardware_id for screen in screens(2)] == ["sim-0001", "sim-0002"]


@pytest.mark.parametrize("sites", [1, 4, len(SITES)])
def test_no_two_screens_of_a_site_have_the_same_name(sites: int) -> None:
    counted = Counter((screen.site, screen.name) for screen in screens(3_000, sites=sites))
    assert counted.most_common(1)[0][1] == 1
    assert len({site for site, _ in counted}) == sites


def test_every_screen_is_labelled_as_simulated_and_passes_the_hubs_own_checks() -> None:
    cast = screens(1_000, sites=len(SITES))
    assert msgspec.json.decode(msgspec.json.encode(Provision(cast)), type=Provision) == Provision(cast)
    assert {screen.platform for screen in cast} == {"simulated"}


def test_names_are_what_an_operator_could_meet() -> None:
    names = [screen.name for screen in screens(2_000)]
    assert {"Main entrance", "Ward 3 corridor", "Platform 2"} <= set(names)


@pytest.mark.parametrize("sites", [0, len(SITES) + 1])
def test_a_number_of_sites_that_there_is_not_is_refused(sites: int) -> None:
    with pytest.raises(ValueError, match="1 to 8 sites"):
        screens(5, sites=sites)


def test_another_prefix_makes_another_fleet() -> None:
    assert screens(1, prefix="lab")[0].hardware_id == "lab-0001"
