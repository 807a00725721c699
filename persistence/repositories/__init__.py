"""One page of SQL a subject. A repository belongs to one transaction and one tenant, named in every query.

What it returns is a type of `protocol.api`, or a NamedTuple beside it; what it is told are plain values.
The ports that these classes fit are in `hub/use_cases/ports.py`.
"""
