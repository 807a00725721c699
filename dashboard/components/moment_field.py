"""A line of a dialog for a date and a time, by the clock of whoever types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dashboard.clock import Clock
from dashboard.components.form_dialog import Unfit, text_field
from dashboard.moment_typed import NotAMoment, moment_text, moment_typed


def moment_field(
    label: str, testid: str, before: datetime | None, clock: Clock
) -> Callable[[], datetime | None]:
    """What is returned tells the instant, None where nothing is typed, and raises Unfit."""
    was = moment_text(before, clock.zone)
    typed = text_field(label, testid, was, type_="datetime-local")

    def moment() -> datetime | None:
        if typed() == was:  # a field has no seconds: what nobody touched stays to the second
            return before
        try:
            return moment_typed(typed(), clock.zone)
        except NotAMoment as error:
            raise Unfit(str(error)) from None

    return moment
