"""A small actor runtime. It knows nothing of screens; it would serve another project.

Rule 1: a turn is atomic. It is a plain function call, `receive(message, now)`; it never awaits, so nothing
        can come in between, and what it tells comes after it.
Rule 2: what one sender tells one actor in one lane arrives in that order. An actor's urgent lane goes before
        its normal one. Among actors urgent ones go first, but never for ever; see `dispatcher`.
Rule 3: what waits for one actor is bounded, by lane. A full normal lane refuses: counted, and the caller is
        told. A full urgent lane is a fault of its actor, which does not keep up: nothing said there is lost
        silently.
Rule 4: a turn that raises ends its own actor and harms no other. The supervisor says when it may start again:
        after a pause that doubles, or, past its budget, after its quarantine.
Rule 5: a stopped actor receives nothing more. What still waits for it is dropped and counted, and whoever
        asked it something is told that no answer will come.

deadlines     a timing wheel for many keys
dispatcher    runs the turns
errors        why an ask has no answer
mailbox       the two lanes of one actor
ref           how others speak to an actor: tell, tell urgently, ask
registry      actors by key: activation, retirement, what follows a fault
services      supervised tasks that run as long as the program does
supervision   restart or quarantine
"""

from actors.runtime.deadlines import Deadlines
from actors.runtime.dispatcher import Dispatcher
from actors.runtime.errors import ActorFailed, ActorStopped, AskFailed, MailboxFull
from actors.runtime.ref import Actor, Instant, Ref, Reply
from actors.runtime.registry import Actors
from actors.runtime.services import Service, ServiceFailed, Services, ServiceState
from actors.runtime.supervision import ChildState, Decision, Supervisor, Verdict

__all__ = [
    "Actor",
    "ActorFailed",
    "ActorStopped",
    "Actors",
    "AskFailed",
    "ChildState",
    "Deadlines",
    "Decision",
    "Dispatcher",
    "Instant",
    "MailboxFull",
    "Ref",
    "Reply",
    "Service",
    "ServiceFailed",
    "ServiceState",
    "Services",
    "Supervisor",
    "Verdict",
]
