"""The operators' dashboard: NiceGUI in a process of its own, a plain client of the hub's API and live socket.

settings, secret      what this process needs to know
hub_client, hub_http  the HTTP API as methods, and its problems as one typed error
live, store           the live socket, and the picture of the fleet it feeds (no widget in either)
subscription          what changed in that picture, for one page
session, signed_in    one signed-in browser: its token, its client, its picture
roles                 what its roles allow: a page offers nothing that the hub would refuse
clock, …sentences     times and facts in words
once, reach, …        small decisions of single pages, without widgets
frame                 what every page has around it
components/, pages/   small functions that draw; one file a route
static/               style sheets, scripts and pictures, all served from here
"""
