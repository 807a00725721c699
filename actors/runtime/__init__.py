"""A small actor runtime. It knows nothing of screens; it would serve another project.

Rule 1: a turn is a plain function call, `receive(message, now)`. It never awaits, so nothing can come in
        between.
Rule 2: one dispatcher runs all turns, urgent lane first; order is kept per actor and lane.
Rule 3: what waits for one actor is bounded; what is refused is counted, and the caller is told.
Rule 4: a turn that raises harms its own actor only: a supervisor decides between a restart and quarantine.
Rule 5: a stopped actor receives nothing more; what still waits for it is dropped and counted.
"""

from actors.runtime.cell import Actor, Cell, Instant
from actors.runtime.deadlines import Deadlines
from actors.runtime.dispatcher import Dispatcher
from actors.runtime.supervision import Supervisor, Verdict

__all__ = ["Actor", "Cell", "Deadlines", "Dispatcher", "Instant", "Supervisor", "Verdict"]
