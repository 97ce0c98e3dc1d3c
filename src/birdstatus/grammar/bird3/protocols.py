"""What only BIRD 3 says in ``show protocols all`` (nest/proto.c, proto/bgp/bgp.c; v3.3.2)."""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import END, INTEGER, SP, TEXT, label, production
from birdstatus.reply_codes import ReplyCode

# created_line = "  Created:" SP TEXT
CREATED_LINE = production("a time of creation", label("  Created:", 22) + TEXT("created"))

# restarted_line = "  Last autorestart:" SP TEXT
RESTARTED_LINE = production(
    "a time of an automatic restart", label("  Last autorestart:", 22) + TEXT("last_autorestart")
)

# tx_pending_line = "    TX pending:" SP INT " bytes" END
TX_PENDING_LINE = production(
    "bytes to be sent", pp.Literal("    TX pending:") + SP + INTEGER("tx_pending") + " bytes" + END
)

# pending_line = "    Pending " INT " attribute sets with total " INT " prefixes to send" END
PENDING_LINE = production(
    "a channel's prefixes to be sent",
    pp.Literal("    Pending ") + INTEGER("attribute_sets") + " attribute sets with total "
    + INTEGER("prefixes") + " prefixes to send" + END,
)  # fmt: skip

# 3.0 has a table of seven columns and prints six counts in these lines: this column has none.
COLUMNS_WITHOUT_A_COUNT = {
    "Import withdraws": "IN limit",
    "Export updates": "ignored",
    "Export withdraws": "ignored",
}

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.PROTOCOL_DETAILS: (CREATED_LINE, RESTARTED_LINE, TX_PENDING_LINE, PENDING_LINE),
}
