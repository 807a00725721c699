"""What a screen is: the reference that other platforms are written from, and later the browser player.

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
"""
