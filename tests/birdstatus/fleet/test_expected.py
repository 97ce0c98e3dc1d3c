"""Expected sessions, held to the configurations that Calico's own confd renders.

``tests/fixtures/calico-sessions.json`` holds facts read from Calico 3.34-dev (87c15906): of each scenario of
``confd/tests/mock_data`` the fields that decide sessions, and of ``compiled_templates`` beside it the sessions:
family, name, address, port, local AS, AS of the peer, source address, passive, reflector client.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from birdstatus.fleet import expected_sessions

RENDERED = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "calico-sessions.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("rendered", RENDERED, ids=[item["scenario"] for item in RENDERED])
def test_as_calico_renders_them(rendered: dict[str, Any]) -> None:
    sessions = [
        [
            session.family, session.name, session.peerIP, session.port, session.localAS, session.peerAS,
            session.localIP, session.passive, session.routeReflectorClient,
        ]
        for session in expected_sessions(rendered["documents"])
        if session.node == rendered["node"]
    ]  # fmt: skip
    assert sessions == rendered["sessions"]
