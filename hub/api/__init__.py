"""The HTTP API: routes parse, call one use case, shape the answer.

app         `create_app`, what every answer carries, what every failure becomes
route       one table: method, path, handler, types; Quart and OpenAPI are both made from it
binding     from a request to the arguments of a handler
decoding    bytes to checked bodies
problems    RFC 9457
openapi     the published document; `pages` shows it
"""
