"""How often ``lastUpdated`` moves though nothing else changed: one rule for its writers and its readers.

Each move is a write of a whole object into etcd, however small the request was. So the reporters of a cluster
share a budget, and each knows its part of it from the number of objects alone: nobody has to be asked.

=============  ==================  ====================================================================
bound          value               what it is compared with
=============  ==================  ====================================================================
writes         1 a second          ten objects at a period of ten seconds, as Calico's page advises
bytes          32 KiB a second     the Leases that the kubelets of some six hundred nodes write anyway
=============  ==================  ====================================================================
"""

from __future__ import annotations

from math import ceil

__all__ = ["MOST_BYTES", "MOST_WRITES", "seconds_between_heartbeats"]

# All reporters of a cluster together: writes a second, and bytes of statuses a second.
MOST_WRITES = 1.0
MOST_BYTES = 32 << 10
# The number of objects may be an hour old: there is room for so many times as many.
_GROWTH = 1.25


def seconds_between_heartbeats(objects: int, object_bytes: int, period: int) -> int:
    """Seconds from one move of ``lastUpdated`` to the next, for each object: whole periods.

    ``objects`` is how many there are in the cluster, taken to be like this one: ``object_bytes`` of status as
    JSON, and ``period`` seconds (1 to 86400) between its reports. The period itself while all together stay
    within the bounds; beyond, they use four fifths of them.
    """
    least = max(objects / MOST_WRITES, objects * object_bytes / MOST_BYTES)
    return period if least <= period else period * ceil(_GROWTH * least / period)
