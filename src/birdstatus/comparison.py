"""What changed between two snapshots of a node: daemons, sessions, routes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from birdstatus.times import is_same_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from birdstatus.models import BGPPeer, CalicoNodeStatusStatus, Route

__all__ = ["Change", "Comparison", "compare", "first_of_each"]

Kind = Literal["changed", "flapped", "appeared", "vanished"]
KINDS: tuple[Kind, ...] = ("changed", "flapped", "appeared", "vanished")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of ``family`` that changed: ``subject`` names it, ``old`` and ``new`` are its published fields.

    ``kind`` says how; ``flapped``: a session is in the same state as before, but since another time.
    """

    kind: Kind
    subject: str
    family: Literal[4, 6]
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed of ``daemons``, ``sessions`` and ``routes``, each a tuple of :class:`Change`.

    ``not_compared`` names the classes (``agent``, ``bgp``, ``routes``) that one of the snapshots has not.
    """

    daemons: tuple[Change, ...] = ()
    sessions: tuple[Change, ...] = ()
    routes: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.daemons or self.sessions or self.routes)

    def document(self, most: int | None = None) -> dict[str, Any]:
        """JSON values: counts of each kind first, then the changes.

        ``most`` bounds the routes that are listed of each kind.
        """
        output: dict[str, Any] = {}
        for name in ("daemons", "sessions", "routes"):
            changes: tuple[Change, ...] = getattr(self, name)
            shown = first_of_each(changes, most) if name == "routes" else changes
            output[name] = {
                **{kind: sum(change.kind == kind for change in changes) for kind in KINDS},
                "changes": [asdict(change) for change in shown],
            }
        return {**output, "notCompared": list(self.not_compared)}


def compare(old: CalicoNodeStatusStatus, new: CalicoNodeStatusStatus) -> Comparison:
    """What changed from one published status to another.

    Times that differ by a second are the same: BIRD takes them as differences of two clocks. A class
    that either snapshot has not is not compared.
    """
    missing = [
        name
        for name in ("agent", "bgp", "routes")
        if getattr(old, name) is None or getattr(new, name) is None
        if not (getattr(old, name) is None and getattr(new, name) is None)
    ]
    daemons: list[Change] = []
    sessions: list[Change] = []
    routes: list[Change] = []
    for family in (4, 6):
        if old.agent is not None and new.agent is not None:
            before, after = (
                getattr(old.agent, f"birdV{family}"),
                getattr(new.agent, f"birdV{family}"),
            )
            daemons += _daemon(family, _fields(before), _fields(after))
        if old.bgp is not None and new.bgp is not None:
            sessions += _sessions(
                family, getattr(old.bgp, f"peersV{family}"), getattr(new.bgp, f"peersV{family}")
            )
        if old.routes is not None and new.routes is not None:
            routes += _routes(
                family,
                getattr(old.routes, f"routesV{family}"),
                getattr(new.routes, f"routesV{family}"),
            )
    return Comparison(tuple(daemons), tuple(sessions), tuple(routes), tuple(missing))


def _fields(model: Any) -> dict[str, Any]:  # noqa: ANN401 - a published model of any class, or None
    return {} if model is None else dict(model.model_dump(mode="json"))


def _daemon(family: Literal[4, 6], old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    if not old and not new:
        return []
    name = f"BIRD IPv{family}"
    if not old or not new:
        return [Change("vanished" if old else "appeared", name, family, old, new)]
    changed = [
        key
        for key in sorted(old.keys() | new.keys())
        if not is_same_time(old.get(key) or "", new.get(key) or "")
    ]
    return [Change("changed", name, family, old, new)] if changed else []


def _sessions(
    family: Literal[4, 6], old: Iterable[BGPPeer], new: Iterable[BGPPeer]
) -> list[Change]:
    before, after = _by_address(old), _by_address(new)
    changes: list[Change] = []
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key, {}), after.get(key, {})
        subject = str(key[0]) or "(unknown address)"
        if not was or not now:
            changes.append(Change("vanished" if was else "appeared", subject, family, was, now))
        elif was.get("state") != now.get("state") or was.get("type") != now.get("type"):
            changes.append(Change("changed", subject, family, was, now))
        elif not is_same_time(was.get("since") or "", now.get("since") or ""):
            changes.append(Change("flapped", subject, family, was, now))
    return changes


def _by_address(peers: Iterable[BGPPeer]) -> dict[tuple[str, int], dict[str, Any]]:
    """Sessions by address; several to one address, on other ports, are told apart by their order."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    seen: dict[str, int] = {}
    for peer in peers:
        address = peer.peerIP or ""
        seen[address] = seen.get(address, 0) + 1
        found[address, seen[address]] = _fields(peer)
    return found


def _routes(family: Literal[4, 6], old: Iterable[Route], new: Iterable[Route]) -> list[Change]:
    before, after = _by_destination(old), _by_destination(new)
    changes: list[Change] = []
    for destination in dict.fromkeys([*before, *after]):
        was, now = before.get(destination, []), after.get(destination, [])
        if was == now:
            continue
        kind: Kind = "changed" if was and now else "vanished" if was else "appeared"
        sides = (
            {"routes": [_fields(route) for route in side]} if side else {} for side in (was, now)
        )
        changes.append(Change(kind, destination, family, *sides))
    return changes


def _by_destination(routes: Iterable[Route]) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route.destination or "", []).append(route)
    for several in found.values():
        several.sort(key=repr)
    return found


def first_of_each(changes: Iterable[Change], most: int | None) -> list[Change]:
    """The first so many changes of each kind; without a number all."""
    counts: dict[Kind, int] = {}
    shown: list[Change] = []
    for change in changes:
        counts[change.kind] = counts.get(change.kind, 0) + 1
        if most is None or counts[change.kind] <= most:
            shown.append(change)
    return shown
