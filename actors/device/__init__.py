"""One connected screen: its shadow (pure), its messages, and the actor that joins them to the world.

A screen that is not connected costs no actor: the roster keeps its row, PostgreSQL its commands.
"""
