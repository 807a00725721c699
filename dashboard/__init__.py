"""The operators' dashboard: NiceGUI in a process of its own, a plain client of the hub's API and live socket.

settings, secret      what this process needs to know
hub_client            the HTTP API, and its problems as one typed error
live, store           the live socket, and the picture of the fleet it feeds (no widget in either)
session               one signed-in browser: its token, its client, its picture
clock, sentences      times and facts in words
frame                 what every page has around it
components/, pages/   small functions that draw; one file a route
static/               style sheets, scripts and pictures, all served from here
"""
