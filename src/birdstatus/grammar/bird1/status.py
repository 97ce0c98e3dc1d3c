"""``show status`` (nest/cmds.c: cmd_show_status, nest/proto.c: graceful_restart_show_status)."""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import END, HIDDEN_PROMPT, INTEGER, IPV4, OWN_TEXT, production
from birdstatus.reply_codes import ReplyCode

# 1000  version_line = "BIRD " VERSION        with a digit; `show memory` begins "BIRD memory usage"
VERSION_LINE = production(
    "version line",
    pp.Literal("BIRD ")
    + pp.Regex(rf"(?!.*{HIDDEN_PROMPT})[^0-9]*[0-9].*").set_name("a version")("version"),
)

# 1011  router_id_line = "Router ID is " IPV4 END
ROUTER_ID_LINE = production("router ID line", pp.Literal("Router ID is ") + IPV4("router_id") + END)

# 1011  server_time_line = "Current server time is" [" " TIME]
SERVER_TIME_LINE = production(
    "server time line",
    pp.Literal("Current server time is") + pp.Opt(" " + OWN_TEXT("server_time")),
)

# 1011  last_reboot_line = "Last reboot on" [" " TIME]
LAST_REBOOT_LINE = production(
    "last reboot line", pp.Literal("Last reboot on") + pp.Opt(" " + OWN_TEXT("last_reboot"))
)

# 1011  last_reconfiguration_line = "Last reconfiguration on" [" " TIME]
LAST_RECONFIGURATION_LINE = production(
    "last reconfiguration line",
    pp.Literal("Last reconfiguration on") + pp.Opt(" " + OWN_TEXT("last_reconfiguration")),
)

# 0024  recovery_line = "Graceful restart recovery in progress" END
RECOVERY_LINE = production(
    "graceful restart line", pp.Literal("Graceful restart recovery in progress") + END
)

# 0024  recovery_protocols_line = "  Waiting for " INT " protocols to recover" END
RECOVERY_PROTOCOLS_LINE = production(
    "graceful restart protocols line",
    pp.Literal("  Waiting for ") + INTEGER("waiting_protocols") + " protocols to recover" + END,
)

# 0024  recovery_timer_line = "  Wait timer is " INT "/" INT END
RECOVERY_TIMER_LINE = production(
    "graceful restart timer line",
    pp.Literal("  Wait timer is ") + INTEGER("wait_timer") + "/" + INTEGER("wait_limit") + END,
)

# 0013  condition_line = ("Shutdown" | "Reconfiguration") " in progress" END
#                      | "Daemon is up and running" END
SHUTDOWN = "Shutdown in progress"
CONDITION_LINE = production(
    "daemon condition",
    pp.MatchFirst(
        [
            pp.Literal("Daemon is up and running"),
            pp.Literal("Reconfiguration in progress"),
            pp.Literal(SHUTDOWN),
        ]
    ).set_name("the daemon's condition")("condition")
    + END,
)

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.BIRD_VERSION: (VERSION_LINE,),
    ReplyCode.UPTIME: (
        ROUTER_ID_LINE,
        SERVER_TIME_LINE,
        LAST_REBOOT_LINE,
        LAST_RECONFIGURATION_LINE,
    ),
    ReplyCode.GRACEFUL_RESTART_STATUS: (
        RECOVERY_LINE,
        RECOVERY_PROTOCOLS_LINE,
        RECOVERY_TIMER_LINE,
    ),
    ReplyCode.STATUS_REPORT: (CONDITION_LINE,),
}
