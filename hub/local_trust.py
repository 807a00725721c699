"""How a process on the hub's own machine trusts the hub's certificate."""

from __future__ import annotations

import ssl

from hub.settings import Settings


def local_trust(settings: Settings) -> ssl.SSLContext:
    """What a client of the hub on this machine believes: the system's authorities, and the hub's own
    certificate."""
    context = ssl.create_default_context()
    if settings.tls_certificate is not None:
        # The hub's own certificate names the public host, and it is reached here by its local address.
        context.load_verify_locations(settings.tls_certificate)
        context.check_hostname = False
        # A certificate that somebody else issued is trusted by itself too (the default from Python 3.13 on).
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
