"""One page of SQL a subject. A repository belongs to one transaction of one tenant and names the tenant in every query.

What a repository returns is a type of `protocol.api`, or a NamedTuple beside it; what it is told are plain values.
The ports that these classes fit are in `hub/use_cases/ports.py`.
"""
