"""Recordings of real daemons, read: the same as before, in every form, and true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from recordings import RECORDINGS, SCENARIOS, Recording, as_birdc, as_json, reading

from birdstatus import parse_protocols, parse_routes, parse_status
from birdstatus.projection import peers, routes

if TYPE_CHECKING:
    from pathlib import Path

recorded = pytest.mark.parametrize("recording", RECORDINGS, ids=str)
scenarios = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)

# BIRD marks no end in these: `birdc` prints a cut reply like a whole one, and swallows nothing else.
CUT = "cut"


@recorded
def test_reading_is_as_expected(recording: Recording, pytestconfig: pytest.Config) -> None:
    actual = as_json(reading(recording.raw))
    if pytestconfig.getoption("--write-expected"):
        recording.expected.write_text(actual)
    assert actual == recording.expected.read_text()


@recorded
@pytest.mark.parametrize("verbose", [False, True], ids=["birdc", "birdc -v"])
def test_every_form_reads_the_same(recording: Recording, *, verbose: bool) -> None:
    from_socket = reading(recording.raw)
    printed = reading(as_birdc(recording.raw, verbose=verbose))
    if recording.path.stem == CUT:
        assert not from_socket["answers"][-1].pop("whole")
        assert printed["answers"][-1].pop("whole")
        assert from_socket.pop("problems")
        assert not printed.pop("problems")
    if from_socket.get("problems"):
        # Positions differ with the form, and so does what is left of a reply code.
        assert bool(from_socket.pop("problems")) == bool(printed.pop("problems"))
    # `birdc` prints nothing of an empty answer.
    assert _filled(printed["answers"]) == _filled(from_socket["answers"])


def _filled(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [answer for answer in answers if answer["records"]]


@recorded
@pytest.mark.parametrize("form", ["birdc", "birdc_v"])
def test_real_birdc_output_reads_the_same(recording: Recording, form: str) -> None:
    path = recording.printed(form)
    if not path.exists():
        # Of most releases of BIRD 2 and 3 only the socket's bytes are kept.
        is_first = recording.path.parts[-3] == "1.6.8"
        assert not is_first or recording.path.stem not in {
            "show_status", "show_protocols_all", "show_route",
        }  # fmt: skip
        return
    from_socket, printed = reading(recording.raw), reading(path.read_bytes())
    assert _steady(_filled(printed["answers"])) == _steady(_filled(from_socket["answers"]))


# What BIRD counts or measures differs between two commands that follow each other.
MOVING = {
    "changes", "connect_delay", "error_wait", "graceful_restart", "hold_timer", "keepalive_timer",
    "last_reboot", "last_reconfiguration", "restart_timer", "server_time", "since", "stale_timer",
    "time", "created", "last_autorestart", "send_hold_timer", "pending_prefixes", "tx_pending",
    "pending_attribute_sets", "details",
}  # fmt: skip


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items() if key not in MOVING}
    return [_steady(item) for item in value] if isinstance(value, list) else value


@scenarios
def test_sessions_are_what_the_lab_made(scenario: Path) -> None:
    truth = json.loads((scenario / "truth.json").read_text())
    path = scenario / "show_protocols_all.raw"
    if not path.exists():
        assert not truth["peers"]
        return
    protocols = {one.name: one for one in parse_protocols(path.read_bytes())}
    for name, kind in (truth.get("protocols") or {}).items():
        assert protocols[name].type == kind
    for peer in truth["peers"] or []:
        protocol = protocols[peer["name"]]
        assert protocol.bgp is not None
        assert protocol.bgp.state in peer["states"]
        assert protocol.bgp.neighbor_address == peer["address"]
        assert protocol.bgp.neighbor_interface == (peer["interface"] or "")
        assert protocol.bgp.neighbor_as == peer["asn"]
        if peer["protocol_states"]:
            assert protocol.state in peer["protocol_states"]
        if peer["error"] is not None:
            assert protocol.bgp.last_error == peer["error"]
        if peer["description"] is not None:
            description = peer["description"].encode("utf-8", "surrogateescape")
            assert protocol.description == description.decode("utf-8", "backslashreplace")
        if peer["message"] is not None:
            assert protocol.message == _as_bird_prints(bytes.fromhex(peer["message"]))
        (published,) = peers([protocol])
        assert published.type == peer["type"]
        assert published.peerIP == peer["address"]


def _as_bird_prints(message: bytes) -> str:
    """BIRD turns control characters of a peer's message to blanks, delete excepted."""
    return bytes(max(byte, 0x20) for byte in message).decode("utf-8", "backslashreplace")


@scenarios
def test_routes_are_what_the_lab_made(scenario: Path) -> None:
    truth = json.loads((scenario / "truth.json").read_text())
    path = scenario / "show_route.raw"
    if truth.get("routes") is None:
        return
    entries = parse_routes(path.read_bytes())
    assert len(entries) == len(truth["routes"])
    shown = sorted(map(_facts_of_entry, entries))
    assert shown == sorted(map(_facts_of_truth, truth["routes"]))
    assert len(routes(entries)) == sum(len(t["hops"]) or 1 for t in truth["routes"])


@scenarios
def test_tables_are_what_the_lab_made(scenario: Path) -> None:
    truth = json.loads((scenario / "truth.json").read_text())
    if truth.get("table_routes") is None:
        return
    entries = parse_routes((scenario / "show_route.raw").read_bytes())
    shown = [
        (
            entry.table, entry.prefix, entry.protocol, entry.kind,
            "!" if entry.sync_error else "*" if entry.primary else "", entry.received_from,
            [(hop.gateway, hop.interface, hop.weight or 1) for hop in entry.next_hops],
        )
        for entry in entries
    ]  # fmt: skip
    made = [
        (
            route["table"], route["destination"], route["protocol"], route["word"], route["mark"],
            route["sender"] or "",
            [(hop["gateway"], hop["interface"], hop["weight"]) for hop in route["hops"]],
        )
        for route in truth["table_routes"]
    ]  # fmt: skip
    # Which of several routes is primary is BIRD's choice, where the lab does not say.
    unmarked = {row[:4] for row in made if not row[4]}
    shown = [(*row[:4], "", *row[5:]) if row[:4] in unmarked else row for row in shown]
    assert sorted(shown) == sorted(made)
    published = [row for row in made if row[0] in {"master4", "master6"}]
    assert len(routes(entries)) == sum(len(row[6]) or 1 for row in published)


def _facts_of_entry(entry: Any) -> tuple[str, ...]:
    mark = "!" if entry.sync_error else "*" if entry.primary else ""
    hops = [(hop.gateway, hop.interface, str(hop.weight or "")) for hop in entry.next_hops]
    word = entry.kind if not entry.next_hops else ""
    return (entry.prefix, entry.protocol, word, mark, entry.received_from, repr(hops))


def _facts_of_truth(route: dict[str, Any]) -> tuple[str, ...]:
    hops = [(hop["gateway"], hop["interface"], str(hop["weight"])) for hop in route["hops"]]
    if not hops and not route["word"]:
        hops = [(route["gateway"] or "", route["interface"], "")]
    return (
        route["destination"], route["protocol"], route["word"] or "", route["mark"],
        route["sender"] or "", repr(hops),
    )  # fmt: skip


@scenarios
def test_version_is_the_daemon_s(scenario: Path) -> None:
    truth = json.loads((scenario / "truth.json").read_text())
    path = scenario / "show_status.raw"
    if path.exists():
        assert parse_status(path.read_bytes()).version == truth["version"]
