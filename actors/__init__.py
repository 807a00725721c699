"""Who owns which state. trio at most; no sockets, no SQL.

runtime     turns, lanes, supervision, deadlines; knows nothing of screens
device      one actor a connected screen: its shadow, its pending commands
emergency   the ledger of one emergency: who shows it, who does not, and why
"""
