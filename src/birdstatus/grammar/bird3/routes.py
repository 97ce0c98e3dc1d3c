"""What only BIRD 3 says in ``show route [all]``.

From nest/rt-show.c (rt_show_rte) and nest/rt-attr.c (ea_show_hostentry) at v3.3.2.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import ADDRESS, END, INTEGER, NAME, TAB, production
from birdstatus.reply_codes import ReplyCode

# 1007  host_entry_line = TAB "via " ADDRESS [" " ADDRESS] " table " NAME [" mpls" {" " INT}] END
HOST_ENTRY_LINE = production(
    "a next hop to be resolved",
    TAB + pp.Literal("via ") + ADDRESS("gateway") + pp.Opt(" " + ADDRESS("link_local"))
    + " table " + NAME("resolved_in")
    + pp.Opt(pp.Literal(" mpls ") + pp.Regex("[0-9]{1,10}(?: [0-9]{1,10})*").set_name("MPLS labels")("mpls"))
    + END,
)  # fmt: skip

# 1008  internal_line = TAB "Internal route handling values: " INT "L " INT "G " INT "S id " INT END
INTERNAL_LINE = production(
    "a route's internal values",
    TAB + pp.Literal("Internal route handling values: ") + INTEGER("private_id") + "L "
    + INTEGER("global_id") + "G " + INTEGER("stale_cycle") + "S id " + INTEGER("id") + END,
)  # fmt: skip

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.ROUTE_LIST: (HOST_ENTRY_LINE,),
    ReplyCode.ROUTE_DETAILS: (INTERNAL_LINE,),
}
