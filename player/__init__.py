"""What a screen is: the reference that other platforms are written from, an agent, and the browser player.

reference     the screen itself: frames in, frames out, no I/O and no clock
session       what survives a lost link, what the hub may not have heard, when a link is dead
emergencies   the whole truth and the orders between two truths
alerts        the emergencies that cover the glass
commands      every other order, carried out once
journal       which orders were begun and carried out, so that none is carried out twice
playback      where a screen is in its playlist
following     which manifest it must play, which it has, which it plays
programme     what a manifest plays, by the hub's clock
hub_clock     the hub's time of day
reconnect     when to come back after a connection ended, and when not to
signature     whether an alert is the hub's; trust: what of a frame is believed
records       the log of what was on the glass; recorder: what goes into it, and when it is said
settings      how the screen is set up; hours: when it is lit
remembered    what it must still know when it is switched on again

agent/        the machine with a socket, a clock and a disk: `clarion agent`
conformance/  a hub that tries out a player: `clarion conformance`
vectors/      what other players are tested by
web/          the same in JavaScript, on glass
"""
