"""Pieces of BIRD configuration that many scenarios share."""

from .stage import AS, Stage

OTHER_AS = 64900
DEVICE = "protocol device {\n  scan time 1;\n}\n"
DIRECT = "protocol direct {\n}\n"
LEARN = "protocol kernel {\n  learn;\n  scan time 1;\n  import all;\n}\n"


def bgp(
    stage: Stage,
    name: str,
    number: int,
    *options: str,
    asn: int = OTHER_AS,
    neighbor: str | None = None,
) -> str:
    """A session of the router with the neighbour of that number; later options win."""
    lines = [
        f"local {stage.host(1)} as {AS}",
        neighbor or f"neighbor {stage.host(number)} as {asn}",
        "connect delay time 1",
        "error wait time 1,5",
        *options,
    ]
    return f"protocol bgp '{name}' {{\n" + "".join(f"  {line};\n" for line in lines) + "}\n"


def client(
    stage: Stage, number: int, *options: str, asn: int = OTHER_AS, export: str = "all"
) -> str:
    """The other end, for a BIRD outside: it waits for the router."""
    lines = [
        f"local {stage.host(number)} as {asn}",
        f"neighbor {stage.host(1)} as {AS}",
        "passive on",
        "connect delay time 1",
        "error wait time 1,5",
        "import all",
        f"export {export}",
        *options,
    ]
    return "protocol bgp core {\n" + "".join(f"  {line};\n" for line in lines) + "}\n"


def static(*routes: str, name: str = "") -> str:
    """A static protocol with these routes."""
    return f"protocol static {name} {{\n" + "".join(f"  route {r};\n" for r in routes) + "}\n"
