"""The simulated fleet: thousands of reference screens in one process, to try Clarion out and to load it.

command_line   `python -m loadtest`: options, environment, exit codes
simulation     one run: enrol, connect, report, stop in good order
enrolment      how a screen gets its token: approved by an operator, or provisioned in batches
cast           which screens there are: believable names, sites, groups
fleet          all the screens at once; importable by tests
link           one screen's connection, again and again
disk_journal   what a screen has carried out, in a file that outlives it
scheduler      one task that moves every screen in time
stats          what happened, in numbers that stay small
progress       the live line and the summary
open_files     the limit that a large fleet meets first
errors         what ends a run with one line
bench          what the hub costs beside its peers: a benchmark, with a chapter of its own
"""
