"""A screen believes its hub's signature, and nothing else; a drill is answered and not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from player.signature import DOES_NOT_FIT, NOT_SIGNED, UNKNOWN_KEY
from player.trust import Trust
from player.vectors.alerts import TENANT, Key
from protocol.alert import content_hash
from protocol.frames import Alert, AlertText, Receipt, Welcome
from protocol.vocabulary import EventName, ReceiptStatus
from tests.player.talk import ack, alert, answers, hub_ms, in_session, resumed, show, welcome

HUB, STRANGER = Key("the hub"), Key("a stranger")


def trusting() -> Trust:
    return Trust([HUB.public()], TENANT)


FORGED: dict[str, tuple[Alert, str]] = {
    "unsigned": (alert(), NOT_SIGNED),
    "a stranger's": (STRANGER.signed(alert()), UNKNOWN_KEY),
    "another tenant's": (HUB.signed(alert(), "another"), DOES_NOT_FIT),
    "changed": (msgspec.structs.replace(HUB.signed(alert()), message="Stay."), DOES_NOT_FIT),
}
CARRIERS: dict[str, Callable[[Alert], Any]] = {
    "welcome": lambda a: welcome(1.0, version=3, emergencies=[HUB.signed(alert("good")), a]),
    "resumed": lambda a: resumed(1.0, version=3, emergencies=[HUB.signed(alert("good")), a]),
    "ack": lambda a: ack(1, 1.0, version=3, emergencies=[HUB.signed(alert("good")), a]),
}


@pytest.mark.parametrize("how", FORGED)
def test_an_order_to_show_what_the_hub_did_not_sign_never_reaches_the_machine(how: str) -> None:
    forged, why = FORGED[how]
    sifted = trusting().sift(show(forged, 2), 77)
    assert sifted.frame is None
    said = f"The alert was refused: {why}."
    assert sifted.refused == [Receipt("fire", ReceiptStatus.REJECTED, said, at_ms=77)]
    assert [(e.event, e.detail) for e in sifted.events] == [(EventName.ALERT_REFUSED, said)]


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_of_a_truth_only_what_the_hub_signed_is_believed(carrier: str, how: str) -> None:
    forged, why = FORGED[how]
    sifted = trusting().sift(CARRIERS[carrier](forged))
    assert sifted.frame is not None
    believed: Any = sifted.frame
    assert [a.emergency_id for a in believed.emergencies] == ["good"]
    assert believed.emergency_version == 3
    assert [receipt.detail for receipt in sifted.refused] == [f"The alert was refused: {why}."]


def test_a_refused_alert_is_answered_each_time_and_told_once() -> None:
    trust, frame = trusting(), show(alert(), 2)
    first, again = trust.sift(frame), trust.sift(frame)
    assert first.refused == again.refused != []
    assert (len(first.events), len(again.events)) == (1, 0)
    assert len(trust.sift(show(alert(sequence=2), 2)).events) == 1


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_cannot_be_judged_while_the_hub_does_not_say_its_keys_is_asked_for_again(carrier: str) -> None:
    trust = trusting()
    trust.learn(None)
    sifted = trust.sift(CARRIERS[carrier](STRANGER.signed(alert())))
    assert sifted.refused == []
    left: Any = sifted.frame
    assert left.emergencies is None or left.emergency_version != 3
    trust.learn([])
    assert len(trust.sift(CARRIERS[carrier](STRANGER.signed(alert()))).refused) == 1


def test_what_the_hub_signed_passes_as_it_is() -> None:
    frame = show(HUB.signed(alert()), 2)
    assert trusting().sift(frame).frame is frame


def test_a_screen_without_keys_shows_no_alert_before_its_hub_has_said_them() -> None:
    trust = Trust((), TENANT)
    signed, unsigned = show(HUB.signed(alert()), 2), show(alert(), 2)
    assert trust.sift(unsigned).frame is None
    assert trust.lacks_key(signed)
    trust.learn(None)
    assert trust.sift(signed).frame is None
    trust.learn([HUB.public()])
    assert trust.sift(signed).frame is signed
    assert trust.sift(unsigned).frame is None


def test_of_a_hub_whose_keys_are_trusted_a_stranger_is_not_taken() -> None:
    trust = Trust((), TENANT)
    trust.learn([HUB.public()])
    trust.learn([STRANGER.public()])
    assert [key.kid for key in trust.keys] == [HUB.kid]


def test_the_tenant_of_the_first_welcome_is_kept() -> None:
    trust = Trust([HUB.public()])
    first = msgspec.structs.replace(welcome(), tenant_id=TENANT)
    other = Welcome("d1", "Main entrance", "s2", 15.0, hub_ms(0.0), 0, tenant_id="another")
    trust.sift(first)
    trust.sift(other)
    assert trust.tenant_id == TENANT
    assert trust.sift(show(HUB.signed(alert()), 1)).frame is not None


def test_an_unknown_key_is_asked_for_and_taken_only_if_a_trusted_one_endorses_it() -> None:
    trust, newer = trusting(), Key("a newer one")
    frame = show(newer.signed(alert()), 2)
    assert trust.lacks_key(frame)
    trust.learn([STRANGER.public(), newer.public()])
    assert trust.sift(frame).frame is None
    trust.learn([newer.public(HUB)])
    assert not trust.lacks_key(frame)
    assert trust.sift(frame).frame is frame


def test_a_drill_is_answered_with_the_hash_and_shows_nothing() -> None:
    texts = [AlertText("de", "Probe", "Nichts geschieht.")]
    drill = msgspec.structs.replace(alert("drill"), drill=True, texts=texts)
    screen = in_session()
    before = screen.remembered
    (said,) = screen.receive(show(drill, 9), 1.0)
    assert isinstance(said, Receipt)
    assert (said.command_id, said.status) == ("drill", ReceiptStatus.RENDERED)
    assert said.content_hash == content_hash(drill.title, drill.message, drill.severity, texts)
    assert not screen.shows_alert
    assert screen.remembered == before
    assert screen.emergency_version == 0


def test_a_drill_that_comes_too_late_is_rejected_and_one_in_a_truth_is_not_shown() -> None:
    screen = in_session()
    drill = msgspec.structs.replace(alert("drill", expires_ms=hub_ms(1.0)), drill=True)
    assert answers(screen.receive(show(drill, 9), 2.0)) == [("drill", ReceiptStatus.REJECTED)]
    screen.receive(ack(1, 2.0, version=4, emergencies=[msgspec.structs.replace(alert(), drill=True)]), 2.0)
    assert not screen.shows_alert


def test_the_hash_of_an_alert_in_several_languages_covers_all_of_them() -> None:
    texts = [AlertText("de", "Feuer", "Hinaus."), AlertText("fr", "Feu", "Dehors.")]
    said = in_session().receive(show(msgspec.structs.replace(alert(), texts=texts), 1), 1.0)
    shown = alert()
    (rendered,) = (f for f in said if isinstance(f, Receipt) and f.content_hash)
    assert rendered.content_hash == content_hash(shown.title, shown.message, shown.severity, texts)
    assert rendered.content_hash != content_hash(shown.title, shown.message, shown.severity)
