"""What plays when, and why. Pure: no clock, no PostgreSQL. See docs/decisions/0031-schedules.md."""
