"""One run of the simulated fleet: find the hub, enrol, connect, report, and leave in good order."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

import trio

from loadtest.cast import screens as cast_of
from loadtest.enrolment import ApprovalDesk, provision_all
from loadtest.errors import SimulationError
from loadtest.fleet import Fleet, FleetOptions
from loadtest.hub_api import HubApi
from loadtest.link import EnrolledScreen, Misbehaviour
from loadtest.progress import Progress, summary
from loadtest.stats import FleetStats
from player.agent.dial import Caller
from protocol.access import UserLogin
from protocol.api import ProvisionItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Either `operator` is set (screens are provisioned) or `enrolment_key` (they ask)."""

    hub_url: str
    screens: int
    operator: UserLogin | None = None
    enrolment_key: str | None = None
    sites: int = 4
    prefix: str = "sim"
    connects_per_s: float = 200.0
    duration_s: float | None = None
    """Counted from when the hub was found; None: until told to stop."""
    wait_for_hub_s: float = 30.0
    never_reading: int = 0
    never_answering: int = 0
    losing_pushes: int = 0
    journal_dir: Path | None = None
    recording: int = 0
    stop_with_stdin: bool = False


async def simulate(plan: Plan, progress: Progress) -> FleetStats:
    """Run until the duration is over, a signal comes, or (if asked for) standard input ends.

    Raises SimulationError, of one line, when it cannot start or go on.
    """
    tls = ssl.create_default_context()
    if plan.journal_dir is not None:
        _make_folder(plan.journal_dir)
    options = FleetOptions(
        connects_per_s=plan.connects_per_s, journal_dir=plan.journal_dir, recording=plan.recording
    )
    fleet = Fleet(options, caller=Caller(tls))
    cast = cast_of(plan.screens, sites=plan.sites, prefix=plan.prefix)
    stop = trio.Event()
    began = trio.current_time()
    with _one_line_errors():
        async with trio.open_nursery() as watchers, HubApi(plan.hub_url, tls) as hub:
            await watchers.start(_stop_on_signal, stop)
            if plan.stop_with_stdin:
                watchers.start_soon(_stop_at_end_of_input, stop)
            async with trio.open_nursery() as work:
                await work.start(fleet.run)
                work.start_soon(_enrol_and_follow, plan, cast, hub, fleet, progress, stop)
                await stop.wait()
                await fleet.leave()
                work.cancel_scope.cancel()
            watchers.cancel_scope.cancel()
    progress.end_live_line()
    for line in summary(fleet.stats, plan.screens, trio.current_time() - began):
        progress.say(line)
    return fleet.stats


async def _enrol_and_follow(
    plan: Plan, cast: list[ProvisionItem], hub: HubApi, fleet: Fleet, progress: Progress, stop: trio.Event
) -> None:
    await hub.wait_until_there(plan.wait_for_hub_s)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(progress.follow, fleet.stats, plan.screens)
        if plan.duration_s is not None:
            nursery.start_soon(_stop_after, plan.duration_s, stop)
        misbehave = _misbehaviours(plan, cast)

        def let_loose(enrolled: EnrolledScreen) -> None:
            try:
                fleet.add(replace(enrolled, misbehaviour=misbehave.get(enrolled.hardware_id)))
            except OSError as error:
                raise SimulationError(f"A journal cannot be kept in {plan.journal_dir}: {error}.") from None

        if plan.operator is not None:
            await provision_all(hub, plan.operator, cast, let_loose)
        else:
            progress.say("Approve these screens by their pairing codes:")
            rng = Random()  # noqa: S311 -- jitter, not secrets
            await ApprovalDesk(hub, plan.enrolment_key or "", progress.say, let_loose, rng).enrol_all(cast)


def _misbehaviours(plan: Plan, cast: list[ProvisionItem]) -> dict[str, Misbehaviour]:
    """The last screens of the cast go wrong, so that the well-known first ones stay well."""
    last_first = (item.hardware_id for item in reversed(cast))
    return {
        **dict.fromkeys(islice(last_first, plan.never_reading), Misbehaviour.NEVER_READS),
        **dict.fromkeys(islice(last_first, plan.never_answering), Misbehaviour.NEVER_ANSWERS),
        **dict.fromkeys(islice(last_first, plan.losing_pushes), Misbehaviour.LOSES_PUSHES),
    }


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SimulationError(f"The journals cannot be kept in {folder}: {error.strerror}.") from None


async def _stop_after(duration_s: float, stop: trio.Event) -> None:
    await trio.sleep(duration_s)
    stop.set()


async def _stop_on_signal(
    stop: trio.Event, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            if stop.is_set():
                raise SimulationError("Stopped at once.")  # The second Ctrl-C waits for no goodbyes.
            stop.set()


async def _stop_at_end_of_input(stop: trio.Event) -> None:
    """For a parent that cannot send signals: when it closes our standard input, or dies, we stop."""
    # Not sys.stdin: a thread that holds its buffer's lock when the interpreter ends is a fatal error.
    while await trio.to_thread.run_sync(os.read, 0, 4096, abandon_on_cancel=True):
        pass
    stop.set()


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What ends a run comes out of nurseries in groups; whoever called wants the first SimulationError."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(SimulationError)
        if ours is None or others is not None:
            raise
        error: BaseException = ours
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
