"""How long a test waits for what must happen before it says that it never will.

Not a claim about speed: other tests use the same processors, and only what hangs takes so long. What has to
be fast says its own number, and is `alone` where the machine's load would decide.
"""

from __future__ import annotations

from typing import Final

PATIENCE_S: Final = 60.0
PATIENCE_MS: Final = 30_000.0
"""Of one step in a browser: a test has many."""
