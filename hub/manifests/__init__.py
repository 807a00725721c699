"""Manifests: from what was decided (playlists, schedules, approvals) to what each screen is told to play.

building    from the facts of a tenant to its manifests and who has which; pure
reach       for which screens an entry, or a canary, is; pure
addresses   signed addresses into a manifest
shelf       the newest manifests, encoded, in memory; what of a manifest plays when
making      the service that makes them anew when something has changed
"""
