"""A secret that others know is refused, and none that is random."""

from __future__ import annotations

import secrets

import pytest

from hub.environment import LOCAL_DEMO
from hub.errors import SettingsError
from hub.secret_strength import weakness
from hub.settings import Settings

KNOWN = (
    "changeme-changeme-changeme-changeme",
    "Your-256-Bit-Key-Goes-Here-Please-0",
    "this is the SECRET key of our signage",
    "0123456789abcdef0123456789abcdef",
    "ab" * 32,
    "s" * 64,
    "hospital" * 8,
)


@pytest.mark.parametrize("secret", KNOWN)
def test_a_secret_from_an_example_or_a_keyboard_is_weak(secret: str) -> None:
    assert weakness(secret)


def test_a_short_one_is_weak_however_random() -> None:
    assert weakness(secrets.token_hex(15)) == "is shorter than 32 bytes"


def test_what_a_generator_makes_is_never_called_weak() -> None:
    for _ in range(2000):
        for made in (secrets.token_hex(16), secrets.token_hex(32), secrets.token_urlsafe(32)):
            assert weakness(made) is None, made


@pytest.mark.parametrize("name", ["CLARION_JWT_SECRET", "CLARION_DASHBOARD_SECRET"])
def test_a_hub_does_not_start_with_a_weak_secret_and_says_how_to_make_a_good_one(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} repeats itself.*openssl rand -hex 32") as refusal:
        Settings.from_environment({name: "hospital" * 8})
    assert "hospital" not in str(refusal.value)


def test_the_local_demo_takes_a_weak_one_if_it_is_long_enough() -> None:
    demo = {LOCAL_DEMO: "1", "CLARION_JWT_SECRET": "hospital" * 8}
    assert Settings.from_environment(demo).jwt_secret == "hospital" * 8
    with pytest.raises(SettingsError, match="shorter than 32 bytes"):
        Settings.from_environment({**demo, "CLARION_JWT_SECRET": "short"})
