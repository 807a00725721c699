"""The live side of the hub: what is so at this moment, in memory, rebuilt from PostgreSQL at every start.

roster        every screen of every tenant, as a table row
board         the emergencies in force and their ledgers; the fast lane
feed          what changed, to the operators' pages
surroundings  where the effects of device turns go
realtime      the port of the use cases
"""
