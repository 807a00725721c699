"""What Clarion writes to people by mail (pure)."""

from __future__ import annotations

from datetime import datetime

from hub.mail import Letter
from protocol.vocabulary import LinkPurpose


def letter_with_link(
    to: str, purpose: LinkPurpose, tenant_name: str, url: str, expires_at: datetime
) -> Letter:
    """An invitation, or the way to a new password."""
    until = f"{expires_at:%d %B %Y, %H:%M} UTC"
    match purpose:
        case LinkPurpose.INVITATION:
            subject = f"You are invited to Clarion: {tenant_name}"
            text = f"You can sign in to {tenant_name} as {to}. Choose your password here:"
        case LinkPurpose.RESET:
            subject = f"A new password for Clarion: {tenant_name}"
            text = (
                f"Somebody, you we hope, asked for a new password for {to} at {tenant_name}. Choose it here:"
            )
    return Letter(
        to,
        subject,
        f"{text}\n\n{url}\n\nThe link is good once, until {until}. Nobody from Clarion will ask you for it.\n"
        "If you did not expect this letter, do nothing: without the link nothing changes.\n",
    )
