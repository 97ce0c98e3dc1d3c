"""``show route`` of one daemon, read again and again: what was read before is not read again.

For whoever polls a large table. The rows go from the columns of
:mod:`~birdstatus.parse.route_columns` to published routes without records between. A later reply is
compared with the last, and only what differs is read. The result is always what
:func:`~birdstatus.parse.parse_routes` and :func:`~birdstatus.projection.routes` give for the same
reply: what the columns do not know goes there.
"""

from birdstatus.poll.reader import RouteReader

__all__ = ["RouteReader"]
