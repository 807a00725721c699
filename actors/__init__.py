"""Who owns which state: the actor runtime, the device actor, the emergency ledger. No sockets, no SQL."""
