"""Small functions that draw one thing each. They are given what they show and know no page."""
