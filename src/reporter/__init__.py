"""An agent that asks a Calico node's BIRD and reports it as ``CalicoNodeStatus``.

A thin layer around :mod:`birdstatus`: this package has the sockets, the clock and the Kubernetes
API, the library has every word of BIRD's. A reporter is made of what it is given (settings, BIRD, API,
clock), so that any number of them live in one process.
"""
