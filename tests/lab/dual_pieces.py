"""Pieces of configuration that scenarios of BIRD 2 and 3 share: each channel is said, nothing is implied."""

from .dual import DualStage
from .pieces import OTHER_AS
from .stage import AS

DEVICE = "protocol device {\n  scan time 1;\n}\n"
DIRECT = "protocol direct {\n  ipv4;\n  ipv6;\n}\n"
LEARN = "".join(
    f"protocol kernel {{\n  learn;\n  scan time 1;\n  {family} {{ import all; export none; }};\n}}\n"
    for family in ("ipv4", "ipv6")
)


def channels(*families: str, imports: str = "all", exports: str = "none") -> str:
    """Channels of a session that differ in nothing."""
    return "".join(
        f"  {family} {{ import {imports}; export {exports}; }};\n"
        for family in families or ("ipv4", "ipv6")
    )


def bgp(
    name: str,
    local: str,
    neighbor: str,
    *options: str,
    asn: int = OTHER_AS,
    own: int = AS,
    body: str | None = None,
) -> str:
    """A session with that neighbour; without a body both families are exchanged."""
    lines = [
        f"local {local} as {own}",
        f"neighbor {neighbor} as {asn}",
        "strict bind yes",
        "connect delay time 1",
        "error wait time 1,5",
        *options,
    ]
    return (
        f"protocol bgp '{name}' {{\n"
        + "".join(f"  {line};\n" for line in lines)
        + (channels() if body is None else body)
        + "}\n"
    )


def four(stage: DualStage, name: str, number: int, *options: str, **more: object) -> str:
    """The router's session with the neighbour of that number, over IPv4 for IPv4."""
    more.setdefault("body", channels("ipv4"))
    return bgp(name, stage.four(1), stage.four(number), *options, **more)  # type: ignore[arg-type]


def six(stage: DualStage, name: str, number: int, *options: str, **more: object) -> str:
    """The router's session with the neighbour of that number, over IPv6 for IPv6."""
    more.setdefault("body", channels("ipv6"))
    return bgp(name, stage.six(1), stage.six(number), *options, **more)  # type: ignore[arg-type]


def client(
    stage: DualStage, number: int, *options: str, asn: int = OTHER_AS, exports: str = "all"
) -> str:
    """The other ends, for a BIRD outside: it waits for the router, in each family."""
    return bgp(
        "core4", stage.four(number), stage.four(1), "passive on", *options,
        asn=AS, own=asn, body=channels("ipv4", exports=exports),
    ) + bgp(
        "core6", stage.six(number), stage.six(1), "passive on", *options,
        asn=AS, own=asn, body=channels("ipv6", exports=exports),
    )  # fmt: skip


def static(family: str, *routes: str, name: str = "", table: str = "") -> str:
    """A static protocol with these routes."""
    where = f" {{ table {table}; }}" if table else ""
    return (
        f"protocol static {name} {{\n  {family}{where};\n"
        + "".join(f"  route {route};\n" for route in routes)
        + "}\n"
    )
