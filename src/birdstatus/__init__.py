"""What BIRD 1.6, 2 and 3 say, as typed values, and what Calico publishes of it.

``parse_status``, ``parse_protocols`` and ``parse_routes`` read what BIRD prints (socket bytes,
``birdc -v`` or plain ``birdc``) into records; ``node_status`` turns records into the
``CalicoNodeStatus`` that Calico publishes. Nothing here opens a socket or a file, reads a clock, or logs.

What is named here and in the ``__all__`` of these modules is stable: :mod:`~birdstatus.records`,
:mod:`~birdstatus.models`, :mod:`~birdstatus.errors`, :mod:`~birdstatus.projection`, :mod:`~birdstatus.times`,
:mod:`~birdstatus.fleet`.

Each name is loaded when it is first used, so that ``birdstatus.fleet`` does not load the grammar.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from birdstatus.comparison import Change, Comparison, compare
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
        Agent,
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
    from birdstatus.records import (
        BgpSession,
        Channel,
        DaemonStatus,
        NextHop,
        Protocol,
        RouteEntry,
        TableCount,
    )

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Answer",
    "BGPDaemonStatus",
    "BGPPeer",
    "BGPStatus",
    "BgpSession",
    "BirdParseError",
    "BirdStatusError",
    "CalicoNodeStatus",
    "CalicoNodeStatusSpec",
    "CalicoNodeStatusStatus",
    "Change",
    "Channel",
    "Command",
    "Comparison",
    "DaemonReport",
    "DaemonStatus",
    "ErrorReplyError",
    "ForeignTextError",
    "IncompleteReplyError",
    "LearnedFrom",
    "NextHop",
    "ProjectionError",
    "Protocol",
    "Reply",
    "ReplyReader",
    "ReplyTooLargeError",
    "Route",
    "RouteEntry",
    "RouteReader",
    "RouteStatus",
    "TableCount",
    "__version__",
    "compare",
    "iter_records",
    "iter_routes",
    "node_status",
    "parse_answers",
    "parse_protocols",
    "parse_routes",
    "parse_status",
]

# In which of these modules a name is, those that load least first.
_HOMES = ("errors", "records", "models", "framing", "parse", "poll", "projection", "comparison")


def __getattr__(name: str) -> object:
    """A public name, or a module of this package, when it is first asked for (PEP 562)."""
    if name in __all__:
        modules = (import_module(f"{__name__}.{home}") for home in _HOMES)
        value: object = next(getattr(module, name) for module in modules if name in module.__all__)
        globals()[name] = value
        return value
    if not name.startswith("_"):
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError:
            pass
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
