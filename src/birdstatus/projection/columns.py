"""Routes as Calico publishes them, from the columns of their rows: many at once, without records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.models import Route
from birdstatus.ordering import route_orders
from birdstatus.printable import printable
from birdstatus.projection.routes import NO_GATEWAY, NOWHERE
from birdstatus.projection.unvalidated import unvalidated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from birdstatus.ordering import Place
    from birdstatus.projection.sources import Sources

__all__ = ["ROW_FIELDS", "published_rows"]

# The fields of a row that a published route is made of.
ROW_FIELDS = (
    "prefix", "gateway", "gateway_interface", "interface", "kind", "protocol", "flag", "origin",
)  # fmt: skip


def published_rows(
    columns: Mapping[str, Sequence[str]], sources: Sources
) -> tuple[list[Route], list[Place]] | None:
    """A route for each row, given by its :data:`ROW_FIELDS`, in the order given; and their places.

    As :func:`~birdstatus.projection.routes` makes them; ``None`` if that would leave out one of them.

    Raises:
        ProjectionError: a destination is no prefix.
    """
    gateways, kinds = columns["gateway"], columns["kind"]
    names = list(map(str.__add__, columns["gateway_interface"], columns["interface"]))
    if not _say_where_they_lead(kinds, gateways, names):
        return None
    if any(kinds) and not all(names):
        names = [name or NOWHERE.get(kind, "") for name, kind in zip(names, kinds, strict=True)]
    if not all(map(str.isprintable, set(names))):
        names = list(map(printable, names))
    uses = list(map(_USES.__getitem__, columns["flag"]))
    learned = sources.of(list(zip(columns["protocol"], columns["origin"], strict=True)))
    routes = unvalidated(
        Route,
        [
            {
                "type": use,
                "destination": prefix,
                "gateway": gateway or NO_GATEWAY,
                "interface": name,
                "learnedFrom": source,
            }
            for use, prefix, gateway, name, source in zip(
                uses, columns["prefix"], gateways, names, learned, strict=True
            )
        ],
    )
    return routes, route_orders(columns["prefix"], [use == "FIB" for use in uses])


# What BIRD's flag means: `!` is the best route, refused by the kernel.
_USES = {"": "RIB", " *": "FIB", " !": "RIB"}


def _say_where_they_lead(
    kinds: Sequence[str], gateways: Sequence[str], names: Sequence[str]
) -> bool:
    """Whether each route has a next hop or is of a kind that has none."""
    if not any(kinds):
        # In 1.6 a row of no kind names its next hop.
        return True
    if NOWHERE.keys().isdisjoint(kinds):
        return all(gateways) or all(map(str.__add__, gateways, names))
    return all(
        (kind in NOWHERE) != bool(gateway or name)
        for kind, gateway, name in zip(kinds, gateways, names, strict=True)
    )
