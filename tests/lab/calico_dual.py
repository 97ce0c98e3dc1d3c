"""Configuration of a Calico node with one BIRD for both families, in the manner of Calico's draft.

As :mod:`lab.calico` otherwise: nothing but what matters to a reader of BIRD's output. The protocols
`kernel`, `static` and `direct` have no names, so that `static1` is IPv4's and `static2` IPv6's.
"""

from .calico import POOL
from .daemon import FAMILIES, Family
from .truth import NodeTruth, Peer

_COMMON = """\
router id {router_id};
hostname "mesh-node-{node}";
timeformat protocol "%F";
timeformat route "%T";

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

protocol device {{
  scan time 2;
}}

protocol direct {{
  ipv4;
  ipv6;
  interface -"cali*", -"kube-ipvs*", "*";
}}
"""

_OF_A_FAMILY = """\
function to_peer{family}(bool inside) {{
  # Routes over the overlay devices are another node's business.
  if inside && defined(ifname) && (ifname ~ "*.calico" || ifname ~ "tunl0") then reject;
{aggregation}  if net ~ {pool} then accept;
  reject;
}}

template bgp session{family} {{
  description "Connection to BGP peer";
  local {address} as {asn};
  multihop;
  graceful restart on;
  connect delay time 1;
  connect retry time 2;
  error wait time 1,5;
}}

protocol static {{
  ipv{family};
{statics}}}

protocol kernel {{
  learn;
  persist;
  scan time 2;
  graceful restart on;
  merge paths on;
  ipv{family} {{ import all; export filter to_kernel; }};
}}
"""

_SESSION = """\
protocol bgp {name} from session{family} {{
  neighbor {address}{port} as {asn};
{options}  ipv{family} {{
    gateway recursive;
    add paths on;
    import filter from_peer;
    export filter {{
      if !defined(krt_metric) then krt_metric = 1024;
      if source != RTS_BGP then bgp_local_pref = 2147483647 - krt_metric;
      to_peer{family}({internal});
    }};
  }};
}}
"""


def node(truths: dict[Family, NodeTruth]) -> str:
    """The whole configuration of one node."""
    parts = [_COMMON.format(router_id=truths[4].router_id, node=truths[4].node)]
    parts += [_family(truths[family]) for family in FAMILIES]
    parts += [
        _session(peer, family, truths[family].asn)
        for family in FAMILIES
        for peer in truths[family].peers
    ]
    return "\n".join(parts)


def _family(truth: NodeTruth) -> str:
    # A node announces its blocks, never the pods inside them.
    aggregation = "".join(
        f"  if net = {block} then accept;\n  if net ~ {block} then reject;\n"
        for block in truth.blocks
    )
    routes = [f"{block} blackhole" for block in truth.blocks]
    routes += [f'{route.destination} via "{route.interface}"' for route in truth.statics]
    return _OF_A_FAMILY.format(
        family=truth.family,
        address=truth.address,
        asn=truth.asn,
        aggregation=aggregation,
        pool=POOL[truth.family],
        statics="".join(f"  route {route};\n" for route in routes),
    )


def _session(peer: Peer, family: Family, own_as: int) -> str:
    return _SESSION.format(
        name=peer.name,
        family=family,
        address=peer.address,
        port=f" port {peer.port}" if peer.port else "",
        asn=peer.asn,
        internal="true" if peer.asn == own_as else "false",
        options="".join(
            f"  {option};\n" for option in (("passive on",) if peer.passive else ()) + peer.options
        ),
    )
