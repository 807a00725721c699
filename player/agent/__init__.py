"""The machine around the reference screen: a socket, a clock and a disk. `clarion agent` runs it.

link          the connection of the moment: it moves frames, and decides nothing
dial, ending  how a connection begins, and how it ended
hub_http      what a screen asks of the hub beside its session
enrolment     how it gets its token; identity: who it is, kept 0600
disk_journal  what it has carried out; disk_log: what it has recorded; memory: what it shows and plays
files         the files of its manifest, by their SHA-256
agent         all of it together; command_line: `clarion agent`

The simulated fleet (loadtest/) runs the same link, with other rooms around it.
"""
