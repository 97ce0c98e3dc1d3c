"""`show route` of BIRD 2 and 3 with what may follow it: part of a table, one protocol's view, another table."""

from ..dual import DualStage
from ..dual_pieces import DEVICE, channels, client, four, six, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from ..stage import AS
from . import dual


@dual("views")
def views(stage: DualStage, recorder: Recorder) -> None:
    """What one protocol sends, refuses and received; what leads to an address; what a filter chooses."""
    stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole", "198.18.20.0/24 blackhole")
               + static("ipv6", "2001:db8:2::/48 blackhole") + client(stage, 2))  # fmt: skip
    body = (
        "  {} {{ import table on; export table on; import all; export where net ~ [ {}/16+ ]; }};\n"
    )
    daemon = stage.start(
        DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole", "198.19.1.0/24 unreachable", "0.0.0.0/0 unreachable")
        + static("ipv6", "2001:db8:1::/48 blackhole", "::/0 unreachable")
        + four(stage, "Node_10_4_0_2", 2, body=body.format("ipv4", "198.18.0.0"))
        + six(stage, "Node_fd5c_4__2", 2, body=channels("ipv6", exports="all"))
    )  # fmt: skip
    sessions = (Session(name="Node_10_4_0_2", address=stage.four(2), asn=OTHER_AS),
                Session(name="Node_fd5c_4__2", address=stage.six(2), asn=OTHER_AS))  # fmt: skip
    tables = ("show route import table Node_10_4_0_2.ipv4", "show route export table Node_10_4_0_2.ipv4",
              "show route export table Node_10_4_0_2.ipv4 all")  # fmt: skip
    recorder.record(
        daemon, Truth(sessions=sessions, texts={"show route": ("198.18.2.0/24", "2001:db8:2::/48")}),
        "show route export Node_10_4_0_2", "show route noexport Node_10_4_0_2",
        "show route preexport Node_10_4_0_2", "show route protocol Node_10_4_0_2 all",
        "show route for 198.18.2.7", "show route for 2001:db8:2::7 all", "show route in 198.18.0.0/16",
        "show route where source = RTS_BGP", "show route primary all", "show route table master4 primary",
        "show route count protocol Node_10_4_0_2", "show route table master6 all", *tables,
    )  # fmt: skip


@dual("several-paths", (2, 0, 8))
def paths(stage: DualStage, recorder: Recorder) -> None:
    """Several routes to a network from a session each, one of which sends more than its best; merged paths."""
    for number in (2, 3):
        stage.peer(number, static("ipv4", "198.18.7.0/24 blackhole")
                   + static("ipv6", "2001:db8:7::/48 blackhole")
                   + client(stage, number, asn=OTHER_AS + number))  # fmt: skip
    stage.peer(
        4,
        static("ipv4", "198.18.7.0/24 blackhole")
        + client(stage, 4, asn=AS).replace("export all", "export all; add paths tx"),
    )
    daemon = stage.start(
        DEVICE
        + "".join(
            four(stage, f"Node_10_4_0_{number}", number, asn=OTHER_AS + number)
            + six(stage, f"Node_fd5c_4__{number}", number, asn=OTHER_AS + number)
            for number in (2, 3)
        )
        + four(
            stage,
            "Mesh_10_4_0_4",
            4,
            asn=AS,
            body="  ipv4 { import all; export none; add paths rx; };\n",
        )
        + "".join(
            f"protocol kernel {{\n  merge paths;\n  {family} {{ import none; export all; }};\n}}\n"
            for family in ("ipv4", "ipv6")
        )
    )
    texts = {"show route": ("198.18.7.0/24", "2001:db8:7::/48", "Node_10_4_0_3 ", "Mesh_10_4_0_4 ")}
    recorder.record(daemon, Truth(texts=texts), "show route export kernel1")
