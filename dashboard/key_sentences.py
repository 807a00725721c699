"""Keys and tenants in words (pure)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from dashboard.clock import Clock, to_ms
from dashboard.sentences import count
from protocol.access import ApiKey, TenantRow


def key_standing(key: ApiKey, now_ms: int) -> tuple[str, str]:
    """The word in the pill, and its tone; no word for one that is good."""
    if key.revoked_at is not None:
        return "Revoked", "bad"
    if key.expires_at is not None and to_ms(key.expires_at) <= now_ms:
        return "Expired", "bad"
    return "", ""


def key_uses(key: ApiKey, clock: Clock, now_ms: int) -> str:
    """`made by ana@example.org 12 Nov 14:02 · last used 14:05 from 192.0.2.7 · good until 1 Dec 00:00`."""
    made = f"made {clock.moment(to_ms(key.created_at), now_ms)}"
    parts = [f"{made} by {key.created_by}" if key.created_by else made]
    if key.last_used_at is None:
        parts.append("never used")
    else:
        used = f"last used {clock.moment(to_ms(key.last_used_at), now_ms)}"
        parts.append(f"{used} from {key.last_used_ip}" if key.last_used_ip else used)
    if key.revoked_at is not None:
        parts.append(f"revoked {clock.moment(to_ms(key.revoked_at), now_ms)}")
    elif key.expires_at is not None:
        parts.append(f"good until {clock.moment(to_ms(key.expires_at), now_ms)}")
    else:
        parts.append("does not expire")
    return " · ".join(parts)


def end_of_day(text: str, clock: Clock, now_ms: int) -> datetime | None:
    """The end, on that clock, of the day that is typed as 2026-12-31; None for nothing. Raises ValueError."""
    if not text:
        return None
    day = date.fromisoformat(text)
    if day >= date.max:
        raise ValueError("there is no day after it")
    until = datetime.combine(day + timedelta(days=1), time(0), clock.zone)
    if to_ms(until) <= now_ms:
        raise ValueError("the day is over")
    return until


def tenant_words(tenant: TenantRow) -> str:
    """`120 screens · 7 people · at most 6,000 requests a minute`."""
    parts = [count(tenant.devices, "screen"), count(tenant.users, "person", "people")]
    if tenant.limits.requests_per_minute is not None:
        parts.append(f"at most {tenant.limits.requests_per_minute:,} requests a minute")
    return " · ".join(parts)
