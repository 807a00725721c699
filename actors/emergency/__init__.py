"""One emergency: the ledger that says, screen by screen, who shows it and who does not, and why."""
