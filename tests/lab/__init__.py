"""A laboratory of real BIRD daemons in network namespaces, for tests and for recordings.

It knows what is true from how it was built, and reads BIRD with rules of its own: an independent
witness for the library, of which it imports nothing.
"""

from .control import Control, CutShortError, ask, birdc, wait_until
from .daemon import FAMILIES, Daemon, DaemonError, Family
from .mesh import Mesh, Node, mesh
from .namespace import Namespace, NetworkError, Switch
from .truth import Direct, NodeTruth, Peer, Pod, RemoteBlock

__all__ = [
    "FAMILIES",
    "Control",
    "CutShortError",
    "Daemon",
    "DaemonError",
    "Direct",
    "Family",
    "Mesh",
    "Namespace",
    "NetworkError",
    "Node",
    "NodeTruth",
    "Peer",
    "Pod",
    "RemoteBlock",
    "Switch",
    "ask",
    "birdc",
    "mesh",
    "wait_until",
]
