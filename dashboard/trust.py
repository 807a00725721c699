"""Whom the dashboard believes to be the hub when the hub's address is https."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from dashboard.settings import DashboardSettings, SettingsError

_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


def trust(settings: DashboardSettings) -> ssl.SSLContext | None:
    """The system's authorities and, if it is set, the hub's own certificate; None for a hub on plain http.

    The hub's certificate names the public host. Reached over the loopback interface it is believed under any
    name: nobody else can answer there. Raises SettingsError when the certificate cannot be read.
    """
    parts = urlsplit(settings.hub_url)
    if parts.scheme != "https":
        return None
    context = ssl.create_default_context()
    if settings.tls_certificate is not None:
        try:
            context.load_verify_locations(settings.tls_certificate)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"CLARION_TLS_CERTIFICATE cannot be read ({error}).") from None
        # The file holds the hub's certificate, not the authority that signed it: that one is enough.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = parts.hostname not in _THIS_MACHINE
    return context
