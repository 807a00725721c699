"""The operators' dashboard: NiceGUI in a process of its own, a plain client of the hub's API and live socket.

settings, secret      what this process needs to know
hub_client, hub_…     the HTTP API as methods, by subject; its problems are one typed error (hub_http)
live, store           the live socket, and the picture of the fleet it feeds (no widget in either)
subscription          what changed in that picture, for one page
session, signed_in    one signed-in browser: its tokens, its client, what it may do, its picture
tokens, kept_pairs    renewed in time and one at a time; kept in files before they are used
rights                what the hub lets somebody do: a page offers nothing that it would refuse
browser, held, flash  whose browser asks; what waits here for it between two steps of signing in
clock, …sentences     times and facts in words
once, reach, …        small decisions of single pages, without widgets
frame                 what every page has around it
components/, pages/   small functions that draw; one file a route
static/               style sheets, scripts and pictures, all served from here
"""
