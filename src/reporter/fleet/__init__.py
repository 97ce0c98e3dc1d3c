"""The cluster's BGP for people: gathers objects from the API or from files, and shows what is wrong.

What is wrong is computed by :mod:`birdstatus.fleet`. This wing only fetches and shows: through
:mod:`reporter.kube`, never through the agent or a daemon. What needs no cluster loads no client.
"""
