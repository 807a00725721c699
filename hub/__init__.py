"""Where worlds meet: gateway, HTTP API, use cases, composition root and command line."""
