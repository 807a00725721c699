"""A hub that tries out a player under development: `clarion conformance ws://127.0.0.1:9000`.

It listens there, plays the hub against whatever player connects, and says rule by rule what it did.

listening     one port: sockets, and the few answers over HTTP that a player asks for
connection    one link of the player: what it said, and when
stage         the hub that is played: what is so at the moment, and how it is said
verdicts      how a check ends
checks_…      what is tried, each a function with a sentence
run           all of them in order; table: what a person reads
"""
