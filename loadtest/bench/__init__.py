"""The benchmark: Clarion's hub beside what one would write otherwise, in one run, by one driver.

driver     every screen of a run on one epoll
frames     RFC 6455 as a driver needs it
process    a server in a process of its own, and what it has used
server     what every server of a benchmark can do
results    what was found: one value for each line, server and run
errors     what ends a benchmark with one line
"""
