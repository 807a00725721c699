"""The language that screens, hub and dashboard share: types and tables, no I/O, no clock.

vocabulary    the words: every closed set of values that crosses a wire
frames        the device socket, `clarion.v1`
live          the operators' live socket
api           bodies of the HTTP API
close_codes   why a WebSocket was closed, and whether to come back
codec         bytes to frames and back
alert         what an alert's content hash is made of
"""
