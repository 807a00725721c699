"""Where worlds meet: the front door, the gateway, the HTTP API, the use cases and the composition root."""
