"""The benchmark: Clarion's hub beside what one would write otherwise, in one run, by one driver.

How it is measured:
command      `python -m loadtest bench`: options, exit codes
plan         what is to be measured; effort: how much is done for one value
benchmark    which server is measured when; hub_lines: the hub's own turn
lines_…      what every server has; line_…: what only the hub has; browser, players: what an operator sees
cost         what a piece of work has cost a server
driver       every screen of a run on one epoll; http_client: requests on the same
frames       RFC 6455 as a driver needs it; handshake: one connection that may wait
screens      what screens do; screen_frames: the bytes they say
server       what every server of a benchmark can do; servers: all of them
hub_server   the hub; running_hub, running_emergency, operator_page, hub_client: what is done with it
peers        those of loadtest/peers
process      a server in a process of its own, and what it has used; machine: what all of them run on

What was found, and how it is told:
results      one value for each line, server and run; result_file: its JSON
summary      medians, spreads, ratios
targets      what must hold, what is aimed at, and whether it is so
words        how figures are said; sentences: the whole in a few lines
tables       what the tables hold; table: how one is written
chart        the picture of the comparison; curve: of growth; svg: what both are drawn with
page         a page whose figures only the command writes
errors       what ends a benchmark with one line
"""
