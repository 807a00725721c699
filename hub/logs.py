"""Logs: structlog over the standard library, one line an event, on standard error; JSON for machines if so
set.

Rule 1: no secret is logged: tokens, passwords and authorization headers never reach a log call. A trace is
        printed without the values of variables: a token may be among them.
"""

from __future__ import annotations

import logging
import sys

import structlog

from hub.settings import Settings


def configure(settings: Settings) -> None:
    """Route structlog and the standard library's loggers to standard error. Called once, at start."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    is_json = settings.log_format == "json"
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if is_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    # Libraries that tell of every connection or query.
    for name in ("httpx", "httpcore", "psycopg.pool", "quart.serving", "hypercorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
