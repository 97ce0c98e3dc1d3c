"""Configuration of a Calico node's BIRD: the shape that confd generates, in our own words.

What matters to a reader of BIRD's output is kept: one template for all sessions, their names, the
protocols without a name (`kernel1`, `device1`, `direct1`, `static1`), what is exported to whom and
the options `merge paths`, `add paths`, `gateway recursive`, `graceful restart`, `learn`.
"""

from .truth import NodeTruth, Peer

POOL = {4: "10.244.0.0/16", 6: "fd00:10:244::/48"}

_TEMPLATES = """\
router id {router_id};

template bgp session {{
  description "Connection to BGP peer";
  local as {asn};
  source address {address};
  ttl security off;
  multihop;
  gateway recursive;
  add paths on;
  graceful restart;
  connect delay time 1;
  connect retry time 2;
  error wait time 1,5;
}}

function to_peer(bool internal) {{
  # Routes over the overlay devices are another node's business.
  if internal && defined(ifname) && (ifname ~ "*.calico" || ifname ~ "tunl0") then reject;
{aggregation}  if net ~ {pool} then accept;
  reject;
}}

filter to_kernel {{
  # RFC 4271: the higher local preference wins; in the kernel it is the lower metric.
  if source = RTS_BGP && !defined(krt_metric) then {{
    krt_metric = 1024;
    if defined(bgp_local_pref) then krt_metric = 2147483647 - bgp_local_pref;
  }}
  accept;
}}

filter from_peer {{
  if defined(bgp_local_pref) && bgp_local_pref > 2147482623 then preference = 200;
  accept;
}}
"""

_LOCAL = """\
protocol static {{
{blocks}}}

protocol kernel {{
  learn;
  persist;
  scan time 2;
  import all;
  export filter to_kernel;
  graceful restart;
  merge paths on;
}}

protocol device {{
  scan time 2;
}}

protocol direct {{
  interface -"cali*", -"kube-ipvs*", "*";
}}
"""

_SESSION = """\
protocol bgp {name} from session {{
  neighbor {address}{port} as {asn};
  import filter from_peer;
  export filter {{
    if !defined(krt_metric) then krt_metric = 1024;
    if source != RTS_BGP then bgp_local_pref = 2147483647 - krt_metric;
    to_peer({internal});
  }};
{options}}}
"""


def _session(peer: Peer, own_as: int) -> str:
    return _SESSION.format(
        name=peer.name,
        address=peer.address,
        port=f" port {peer.port}" if peer.port else "",
        asn=peer.asn,
        internal="true" if peer.asn == own_as else "false",
        options="".join(
            f"  {option};\n" for option in (("passive on",) if peer.passive else ()) + peer.options
        ),
    )


def node(truth: NodeTruth) -> str:
    """The whole configuration of one node in one family."""
    # A node announces its blocks, never the pods inside them.
    aggregation = "".join(
        f"  if net = {block} then accept;\n  if net ~ {block} then reject;\n"
        for block in truth.blocks
    )
    parts = [
        _TEMPLATES.format(
            router_id=truth.router_id,
            asn=truth.asn,
            address=truth.address,
            aggregation=aggregation,
            pool=POOL[truth.family],
        ),
        _LOCAL.format(blocks="".join(f"  route {b} blackhole;\n" for b in truth.blocks)),
        *(_session(peer, truth.asn) for peer in truth.peers),
    ]
    return "\n".join(parts)


_ROUTER = """\
router id {router_id};
listen bgp port {port};

protocol device {{
}}

protocol static {{
  route {network} blackhole;
}}
"""

_CLIENT = """\
protocol bgp {name} {{
  local as {asn};
  source address {address};
  neighbor {neighbor} as {neighbor_as};
  multihop;
  passive on;
  graceful restart;
  connect delay time 1;
  error wait time 1,5;
  import all;
  export where source = RTS_STATIC;
}}
"""


def router(
    *, address: str, router_id: str, asn: int, port: int, network: str, clients: dict[str, int]
) -> str:
    """A router outside the cluster, which waits for the nodes and announces one network."""
    parts = [_ROUTER.format(router_id=router_id, port=port, network=network)]
    parts += [
        _CLIENT.format(
            name=f"client{number}",
            asn=asn,
            address=address,
            neighbor=neighbor,
            neighbor_as=neighbor_as,
        )
        for number, (neighbor, neighbor_as) in enumerate(clients.items(), 1)
    ]
    return "\n".join(parts)
