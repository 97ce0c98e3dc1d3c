"""A node as a person sees it: what the tables show, how they fit, and what is painted."""

from birdstatus.projection import DaemonReport
from birdstatus.records import DaemonStatus, Protocol
from birdstatus.table import Column, table_lines, wrapped
from birdstatus.view import daemon_lines

READY = DaemonStatus("1.6.8", "10.0.0.1", last_reboot="09:00", condition="Daemon is up and running")


def _painted(cell: str) -> str:
    return f"<{cell}>"


def test_painted_cells_keep_their_width() -> None:
    columns = (Column("peer"), Column("state", is_painted=True), Column("in", is_number=True))
    rows = [["10.0.0.2", "Established", "7"], ["10.0.0.3", "Idle", "12"], ["10.0.0.4", "", ""]]
    assert table_lines(columns, rows, paint=_painted) == [
        "peer      state        in",
        "10.0.0.2  <Established>   7",
        "10.0.0.3  <Idle       >  12",
        "10.0.0.4",
    ]


def test_wrapped_lines_go_on_below_their_indent() -> None:
    assert wrapped("  tried /a, /b: no such file", 16) == ["  tried /a, /b:", "    no such file"]
    assert wrapped("  tried /a, /b: no such file", None) == ["  tried /a, /b: no such file"]
    assert wrapped("  tried", 16) == ["  tried"]


def test_a_daemon_that_failed_says_so_and_why() -> None:
    lines = daemon_lines(6, DaemonReport(failed=True), notes=["no socket"], paint=_painted)
    assert lines == ["IPv6  <NotReady>", "  no socket"]


def test_a_daemon_without_a_status_has_no_state_to_paint() -> None:
    assert daemon_lines(4, DaemonReport(protocols=[]), paint=_painted) == [
        "IPv4",
        "  no BGP sessions",
    ]


def test_down_hides_what_is_well_but_not_the_notes() -> None:
    report = DaemonReport(
        READY, [Protocol("Mesh_10_0_0_2", "BGP", "master", "up", bgp_state="Established")]
    )
    assert daemon_lines(4, report, down=True) == []
    heading, note = daemon_lines(
        4, report, down=True, notes=["1 row cannot be read"], paint=_painted
    )
    assert heading == "IPv4  <Ready>  BIRD 1.6.8  router ID 10.0.0.1  since 09:00"
    assert note == "  1 row cannot be read"


def test_a_disabled_session_says_so() -> None:
    disabled = Protocol("Mesh_10_0_0_2", "BGP", "master", "down", message="until noon")
    _, _, row = daemon_lines(4, DaemonReport(protocols=[disabled]))
    assert row == "  10.0.0.2  NodeMesh  Idle   disabled in BIRD, until noon"
