"""A hub that runs, and does its full work: every screen is provisioned and authenticated, and an operator's
page is open, so that the live feed is encoded and sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from loadtest.bench.driver import Address, Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.frames import upgrade_request
from loadtest.bench.hub_client import HubClient
from loadtest.bench.operator_page import OperatorPage
from loadtest.bench.process import ServerProcess, children_cpu_s, usage
from loadtest.bench.running_emergency import RunningEmergency
from loadtest.bench.server import CpuTime
from protocol.access import UserLogin
from protocol.api import Provision, Provisioned, ProvisionItem
from protocol.vocabulary import SUBPROTOCOL

_READY_WITHIN_S: Final = 30.0
_PROVISIONED_AT_ONCE: Final = 500
_SCREENS_ON_A_SITE: Final = 100


class RunningHub:
    """Fulfils `RunningServer`; the lines that only the hub has find here what they need besides.

    `operator`: how to sign in; `client`: of that operator, signed in. `device_ids`: in the order of
    `handshakes`. `folder`: where its data is; removed at the end. Whatever fails raises BenchError.
    """

    def __init__(
        self, process: ServerProcess, client: HubClient, operator: UserLogin, folder: Path, screens: int
    ) -> None:
        self._process = process
        self.folder = folder
        self.client = client
        self.operator = operator
        process.until_it_listens(client.address.port, _READY_WITHIN_S)
        client.until_ready(_READY_WITHIN_S)
        client.sign_in(operator)
        self.resident_before_bytes = self.resident_bytes()
        self.device_ids: list[str] = []
        self.handshakes: Sequence[bytes] = self._provision(screens)
        self._page = OperatorPage(self.address, client.access_token)

    @property
    def address(self) -> Address:
        """See `RunningServer`."""
        return self.client.address

    # ---- what it has used ----

    def resident_bytes(self) -> int:
        """See `RunningServer`."""
        return usage(self._process.pid).resident_bytes

    def cpu(self) -> CpuTime:
        """See `RunningServer`. Raises BenchError when the page is not open: that would be less work than is
        claimed."""
        if not self._page.is_open:
            raise BenchError("the hub hung up on the operator's page")
        return CpuTime(usage(self._process.pid).cpu_s, children_cpu_s(self._process.pid))

    def metrics(self) -> dict[str, float]:
        """What /metrics says now, by name, labels and all."""
        lines = self.client.text("/metrics").splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    # ---- what is done to it ----

    def alert(self, driver: Driver) -> Callable[[], None]:
        """See `RunningServer`."""
        return RunningEmergency(self.client, driver).end

    def close_page(self) -> None:
        """The operator goes."""
        self._page.close()

    def _provision(self, screens: int) -> list[bytes]:
        handshakes = []
        for start in range(0, screens, _PROVISIONED_AT_ONCE):
            numbers = range(start, min(start + _PROVISIONED_AT_ONCE, screens))
            due = Provision([_screen(number) for number in numbers])
            for device in self.client.post("/api/v1/devices/provision", due, Provisioned).devices:
                self.device_ids.append(device.device_id)
                handshakes.append(
                    upgrade_request("/api/v1/ws/device", self.address.host, device.device_token, SUBPROTOCOL)
                )
        return handshakes


def _screen(number: int) -> ProvisionItem:
    site = f"Site {number // _SCREENS_ON_A_SITE:03}"
    return ProvisionItem(f"bench-{number:06}", f"Screen {number:06}", site=site)
