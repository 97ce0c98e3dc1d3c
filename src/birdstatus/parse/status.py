"""``show status``: one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from birdstatus.grammar.bird1 import status
from birdstatus.parse.assembler import Assembler, merge, number
from birdstatus.parse.counts import seconds
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import DaemonStatus, GracefulRestartRecovery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Fields, Scanner

__all__ = ["StatusAssembler"]


class StatusAssembler(Assembler[DaemonStatus]):
    """``show status``: one record, whole with the daemon's condition."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]] = scanners_for(Command.STATUS)

    def __init__(self) -> None:
        self._fields: Fields = {}

    def add(self, line: Line) -> DaemonStatus | None:
        production, fields = self.scan(line)
        merge(self._fields, {str(production): line.text, **fields}, production)
        return self.end() if production is status.CONDITION_LINE else None

    def skip(self, line: Line) -> None:
        """Every line stands for itself."""

    def end(self) -> DaemonStatus | None:
        fields, self._fields = self._fields, {}
        if not fields:
            return None
        recovery = None
        if str(status.RECOVERY_LINE) in fields:
            channels = number(fields.get("waiting_channels"))
            recovery = GracefulRestartRecovery(
                waiting_protocols=None
                if channels is not None
                else int(fields.get("waiting_protocols", "0")),
                wait_timer=seconds(fields.get("wait_timer", "0")),
                wait_limit=int(fields.get("wait_limit", "0")),
                waiting_channels=channels,
            )
        return DaemonStatus(
            version=fields.get("version", "").strip(),
            router_id=fields.get("router_id", ""),
            server_time=fields.get("server_time", "").strip(),
            last_reboot=fields.get("last_reboot", "").strip(),
            last_reconfiguration=fields.get("last_reconfiguration", "").strip(),
            graceful_restart=recovery,
            condition=fields.get("condition", ""),
            hostname=fields.get("hostname", "").strip(),
        )
