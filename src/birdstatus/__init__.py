"""What a Calico node's BIRD 1.6 says, as typed values.

``parse_status``, ``parse_protocols`` and ``parse_routes`` read what BIRD prints (socket bytes,
``birdc -v`` or plain ``birdc``) into records; ``node_status`` turns records into the
``CalicoNodeStatus`` that Calico publishes. Nothing here opens a socket or a file, reads a clock, or logs.
"""

from birdstatus.comparison import Comparison, compare
from birdstatus.errors import (
    BirdParseError,
    BirdStatusError,
    ErrorReplyError,
    ForeignTextError,
    IncompleteReplyError,
    ProjectionError,
)
from birdstatus.framing import Reply, ReplyReader, ReplyTooLargeError
from birdstatus.models import (
    BGPDaemonStatus,
    BGPPeer,
    BGPStatus,
    CalicoNodeStatus,
    CalicoNodeStatusSpec,
    CalicoNodeStatusStatus,
    LearnedFrom,
    Route,
    RouteStatus,
)
from birdstatus.parse import (
    Answer,
    Command,
    iter_records,
    iter_routes,
    parse_answers,
    parse_protocols,
    parse_routes,
    parse_status,
)
from birdstatus.poll import RouteReader
from birdstatus.projection import DaemonReport, node_status

__all__ = [
    "Answer",
    "BGPDaemonStatus",
    "BGPPeer",
    "BGPStatus",
    "BirdParseError",
    "BirdStatusError",
    "CalicoNodeStatus",
    "CalicoNodeStatusSpec",
    "CalicoNodeStatusStatus",
    "Command",
    "Comparison",
    "DaemonReport",
    "ErrorReplyError",
    "ForeignTextError",
    "IncompleteReplyError",
    "LearnedFrom",
    "ProjectionError",
    "Reply",
    "ReplyReader",
    "ReplyTooLargeError",
    "Route",
    "RouteReader",
    "RouteStatus",
    "compare",
    "iter_records",
    "iter_routes",
    "node_status",
    "parse_answers",
    "parse_protocols",
    "parse_routes",
    "parse_status",
]
