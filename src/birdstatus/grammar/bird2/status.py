"""``show status`` of BIRD 2 and 3, as far as it differs from 1.6.

From nest/cmds.c (cmd_show_status) and nest/proto.c (graceful_restart_show_status) at v2.19.2 and v3.3.2.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import END, INTEGER, OWN_TEXT, SECONDS, production
from birdstatus.reply_codes import ReplyCode

# 1011  hostname_line = "Hostname is" [" " TEXT]                                    2.0.8 and later
HOSTNAME_LINE = production(
    "host name line", pp.Literal("Hostname is") + pp.Opt(" " + OWN_TEXT("hostname"))
)

# 0024  recovery_channels_line = "  Waiting for " INT " channels to recover" END
RECOVERY_CHANNELS_LINE = production(
    "graceful restart channels line",
    pp.Literal("  Waiting for ") + INTEGER("waiting_channels") + " channels to recover" + END,
)

# 0024  recovery_timer_line = "  Wait timer is " SECONDS "/" INT END
RECOVERY_TIMER_LINE = production(
    "graceful restart timer line",
    pp.Literal("  Wait timer is ") + SECONDS("wait_timer") + "/" + INTEGER("wait_limit") + END,
)

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.UPTIME: (HOSTNAME_LINE,),
    ReplyCode.GRACEFUL_RESTART_STATUS: (RECOVERY_CHANNELS_LINE, RECOVERY_TIMER_LINE),
}
