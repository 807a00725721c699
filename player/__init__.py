"""What a screen is: the reference that other platforms are written from, and later the browser player.

reference   the screen itself: frames in, frames out, no I/O and no clock
playback    where a screen is in its playlist
alerts      the emergencies that cover the glass
receipts    which orders a screen has carried out already, so that none is carried out twice
reconnect   when to come back after a connection ended, and when not to
"""
