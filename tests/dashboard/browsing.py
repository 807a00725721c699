"""What every test in a browser does: sign in, and look at what the page asked of the network."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD


class Visit:
    """A page, and everything it complained of and asked for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, address: str) -> None:
        if not address.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(address)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def fill_sign_in(self, hub: HubProcess, password: str) -> None:
        """Fill the form as the operator of the default tenant, and press Enter."""
        self.fill_sign_in_as(hub.people.operator_email, password)

    def fill_sign_in_as(self, email: str, password: str) -> None:
        """Fill the form and press Enter."""
        self.page.get_by_test_id("sign-in-email").fill(email)
        self.page.get_by_test_id("sign-in-password").fill(password)
        self.page.keyboard.press("Enter")

    def sign_in(self, hub: HubProcess) -> None:
        """Sign in, and be on the page of all screens."""
        self.go("/sign-in")
        self.fill_sign_in(hub, hub.people.operator_password or "")
        expect(self.page.get_by_test_id("screens-grid")).to_be_visible()

    def enter(self, email: str, at: str, password: str = PASSWORD) -> None:
        """Sign in as this person, and be on that page."""
        self.go(f"/sign-in?next={at}")
        self.fill_sign_in_as(email, password)
        expect(self.page).to_have_url(self.url + at)
