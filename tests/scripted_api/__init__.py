"""An API server that does as a test says: sound by itself, and at any request whatever the test wants.

It knows what the reporter asks of a real one, and nothing else: discovery, lists, watches and merge patches of
``CalicoNodeStatus``, and Events. ``tests/faults/test_scripted_api.py`` holds it to the real kube-apiserver.
"""

from scripted_api.answers import (
    Answer,
    Http,
    applied_then,
    breaks,
    html,
    raw,
    reset,
    says,
    silent,
    trickles,
)
from scripted_api.server import Request, ScriptedApi

__all__ = [
    "Answer",
    "Http",
    "Request",
    "ScriptedApi",
    "applied_then",
    "breaks",
    "html",
    "raw",
    "reset",
    "says",
    "silent",
    "trickles",
]
