"""Checks of alerts: shown and proved, refused where they are forged, gone when they are over."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from player.conformance.connection import Connection
from player.conformance.stage import KEY, STRANGER, TENANT, Stage
from player.conformance.verdicts import Check, expect
from protocol.alert import content_hash
from protocol.frames import Alert, AlertText, Heartbeat, Receipt
from protocol.vocabulary import ReceiptStatus

_SHOWN_WITHIN_S = 2.0
_NOT_SHOWN_FOR_S = 1.0


def _about(alert: Alert, *statuses: ReceiptStatus) -> Callable[[Receipt], bool]:
    return lambda receipt: receipt.command_id == alert.emergency_id and receipt.status in statuses


async def _proved(connection: Connection, alert: Alert) -> None:
    """Raises Failed unless it is shown, as it is, in time."""
    receipt = await connection.until(
        Receipt, _SHOWN_WITHIN_S, f"rendered, for {alert.title!r},",
        _about(alert, ReceiptStatus.RENDERED, ReceiptStatus.REJECTED, ReceiptStatus.FAILED),
    )  # fmt: skip
    expect(
        receipt.status is ReceiptStatus.RENDERED, f"it did not show it: {receipt.status}, {receipt.detail}"
    )
    expected = content_hash(alert.title, alert.message, alert.severity, alert.texts)
    expect(
        receipt.content_hash == expected,
        f"it proved {receipt.content_hash}, and what it must show has the hash {expected}",
    )


async def _refused(connection: Connection, alert: Alert, why: str) -> None:
    receipt = await connection.until(
        Receipt, _SHOWN_WITHIN_S, f"rejected, for an alert {why},",
        _about(alert, ReceiptStatus.RENDERED, ReceiptStatus.REJECTED, ReceiptStatus.FAILED),
    )  # fmt: skip
    expect(receipt.status is not ReceiptStatus.RENDERED, f"it showed an alert {why}")
    expect(bool(receipt.detail), "it refused it, and did not say why")


async def proves_an_alert(stage: Stage) -> None:
    connection = await stage.session()
    alert = stage.alert("Conformance: an alert")
    await connection.say(stage.show(alert))
    await _proved(connection, alert)
    await connection.until(
        Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat with the emergency_version of the order",
        lambda beat: beat.emergency_version == stage.version,
    )  # fmt: skip
    connection.skip()
    await connection.say(stage.showing(alert))
    await _proved(connection, alert)


async def proves_every_language(stage: Stage) -> None:
    connection = await stage.session()
    texts = [AlertText("de", "Probe „eins“", "Bitte beachten."), AlertText("ar", "اختبار", "هذا اختبار.")]
    alert = stage.alert("Conformance: “languages” \\ \t 火", texts=texts)
    await connection.say(stage.show(alert))
    await _proved(connection, alert)


async def proves_again_after_welcome(stage: Stage) -> None:
    connection = await stage.sound_session()
    alert = stage.alert("Conformance: proved again")
    await connection.say(stage.show(alert))
    await _proved(connection, alert)
    await stage.cut(connection)
    again = await stage.next_hello()
    await stage.welcome(again)
    for listed in stage.truth:
        again.rewind()
        await _proved(again, listed)


async def shows_exactly_the_truth(stage: Stage) -> None:
    connection = await stage.session()
    first, second = stage.alert("Conformance: first"), stage.alert("Conformance: second")
    await connection.say(stage.show(first))
    await _proved(connection, first)
    # Not by orders: the next ack carries the whole truth.
    stage.version += 1
    stage.truth = [second]
    await _proved_within(stage, connection, second)
    connection.rewind()
    await connection.until(
        Receipt, 3 * stage.interval_s + 2.0, "succeeded, for an alert that is not in the truth any more,",
        _about(first, ReceiptStatus.SUCCEEDED),
    )  # fmt: skip


async def _proved_within(stage: Stage, connection: Connection, alert: Alert) -> None:
    await connection.until(
        Receipt, 3 * stage.interval_s + 2.0, f"rendered, for {alert.title!r},",
        _about(alert, ReceiptStatus.RENDERED),
    )  # fmt: skip


async def is_never_undone_by_its_alert(stage: Stage) -> None:
    connection = await stage.session()
    alert = stage.alert("Conformance: cleared")
    await connection.say(stage.show(alert))
    await _proved(connection, alert)
    hide = stage.hide(alert)
    await connection.say(hide)
    await connection.until(
        Receipt, _SHOWN_WITHIN_S, "succeeded, for the all-clear,",
        lambda receipt: receipt.status is ReceiptStatus.SUCCEEDED
        and receipt.command_id in (hide.command_id, alert.emergency_id),
    )  # fmt: skip
    connection.skip()
    await connection.say(stage.showing(alert))
    await connection.never(
        Receipt, _NOT_SHOWN_FOR_S, "rendered, for an alert after its own all-clear,",
        _about(alert, ReceiptStatus.RENDERED),
    )  # fmt: skip


async def ends_an_alert_by_itself(stage: Stage) -> None:
    connection = await stage.session()
    alert = stage.alert("Conformance: short", lasts_s=1.5)
    await connection.say(stage.show(alert))
    await _proved(connection, alert)
    stage.truth = [a for a in stage.truth if a != alert]
    await connection.until(
        Receipt, 4.0, "succeeded, for an alert whose time is over,", _about(alert, ReceiptStatus.SUCCEEDED)
    )


async def refuses_what_the_hub_did_not_sign(stage: Stage) -> None:
    connection = await stage.session()
    signed = stage.alert("Conformance: forged")
    forged = {
        "without a signature": msgspec.structs.replace(signed, signature=None),
        "of a stranger": STRANGER.signed(signed, TENANT),
        "for another tenant": KEY.signed(signed, "another"),
        "whose words were changed": msgspec.structs.replace(signed, message="Stay where you are."),
    }
    for why, alert in forged.items():
        connection.skip()
        await connection.say(stage.showing(alert))
        await _refused(connection, alert, why)


async def believes_the_rest_of_a_truth(stage: Stage) -> None:
    connection = await stage.session()
    good = stage.alert("Conformance: good")
    forged = STRANGER.signed(stage.alert("Conformance: bad"), TENANT)
    stage.version += 1
    stage.truth = [good, forged]
    await _proved_within(stage, connection, good)
    connection.rewind()
    await connection.until(
        Receipt, 2.0, "rejected, for the forged alert of a truth,",
        _about(forged, ReceiptStatus.REJECTED, ReceiptStatus.FAILED),
    )  # fmt: skip
    connection.rewind()
    await connection.never(
        Receipt, _NOT_SHOWN_FOR_S, "rendered, for the forged alert of a truth,",
        _about(forged, ReceiptStatus.RENDERED),
    )  # fmt: skip
    stage.nothing_to_show()
    await connection.until(
        Receipt,
        3 * stage.interval_s + 2.0,
        "succeeded, when all is clear,",
        _about(good, ReceiptStatus.SUCCEEDED),
    )


async def answers_a_drill_and_keeps_nothing_of_it(stage: Stage) -> None:
    connection = await stage.session()
    version = stage.version
    await connection.until(
        Heartbeat, 4 * stage.interval_s + 1.0, "a heartbeat with the version of the truth",
        lambda beat: beat.emergency_version == version,
    )  # fmt: skip
    drill = stage.alert("Conformance: a drill", drill=True)
    await connection.say(stage.showing(drill))
    await _proved(connection, drill)
    beat = await connection.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat")
    expect(beat.emergency_version == version, "a drill changed its emergency_version")
    connection.skip()
    forged = STRANGER.signed(stage.alert("Conformance: a drill", drill=True), TENANT)
    await connection.say(stage.showing(forged))
    await _refused(connection, forged, "that is a forged drill")
    await stage.cut(connection)
    again = await stage.next_hello()
    await stage.welcome(again)
    await again.never(
        Receipt,
        _NOT_SHOWN_FOR_S,
        "a word about a drill in the next session",
        lambda r: r.command_id == drill.emergency_id,
    )


ALERTS = [
    Check(
        "It shows an alert within two seconds, and proves it by the hash of what it shows",
        "Alerts",
        proves_an_alert,
    ),
    Check("It shows every language of an alert, and its hash covers them", "Alerts", proves_every_language),
    Check("It proves every alert again after welcome", "Alerts", proves_again_after_welcome),
    Check("It shows exactly what the truth says", "Rules", shows_exactly_the_truth),
    Check("It does not let an alert undo its own all-clear", "Rules", is_never_undone_by_its_alert),
    Check("It ends an alert by itself when its time is over", "Alerts", ends_an_alert_by_itself),
    Check(
        "It refuses alerts that the hub did not sign, and says why",
        "Signed alerts",
        refuses_what_the_hub_did_not_sign,
    ),
    Check(
        "It believes the rest of a truth in which one alert is forged",
        "Signed alerts",
        believes_the_rest_of_a_truth,
    ),
    Check("It answers a drill, and keeps nothing of it", "Drills", answers_a_drill_and_keeps_nothing_of_it),
]
