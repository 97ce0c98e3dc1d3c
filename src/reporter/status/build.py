"""From one snapshot to the status that is published, with what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus import node_status
from reporter.status.size_limit import SizeLimiter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from birdstatus import CalicoNodeStatusStatus, ProjectionError
    from birdstatus.models import StatusClass
    from reporter.bird.snapshot import Snapshot

__all__ = ["BuiltStatus", "Notice", "build_status"]


class Notice(NamedTuple):
    """One thing that may be wrong with a report: ``state`` is empty where it is well."""

    topic: str
    state: str
    message: str


@dataclass(frozen=True, slots=True)
class BuiltStatus:
    """A status as JSON values of about ``size`` bytes, kept to its limit.

    ``published`` is what it was made of, ``rows_left_out`` says why rows are missing, one text
    each, and ``truncated`` how many of each kind had no room.
    """

    status: dict[str, Any]
    size: int
    published: CalicoNodeStatusStatus
    rows_left_out: tuple[str, ...]
    truncated: dict[str, int]
    notices: tuple[Notice, ...]


def build_status(
    snapshot: Snapshot,
    classes: Sequence[StatusClass],
    now: datetime,
    max_bytes: int,
    fitter: SizeLimiter | None = None,
) -> BuiltStatus:
    """The report for these classes, as of ``now``, of at most ``max_bytes`` as JSON.

    A ``fitter`` that is given again and again makes only what is new into JSON.
    """
    answers = snapshot.answers
    unpublishable: list[ProjectionError] = []
    published = node_status(answers[4].report, answers[6].report, classes, unpublishable)
    stamped = published.model_copy(update={"lastUpdated": now})
    fitted = (fitter or SizeLimiter()).fit(stamped, max_bytes)
    rows = [
        f"IPv{family}: {error.summary}"
        for family, answer in answers.items()
        for error in answer.left_out
    ]
    rows += [str(error) for error in unpublishable]
    notices = [
        Notice(
            f"BirdUnreachable/IPv{family}",
            "unreachable" if answer.failure else "",
            f"IPv{family}: {answer.failure.text if answer.failure else 'BIRD answers again'}",
        )
        for family, answer in answers.items()
    ]
    told = f"{len(rows)} left out, the first: {rows[0]}" if rows else "every row is read again"
    notices.append(Notice("RowsLeftOut", "some" if rows else "", told))
    counts = ", ".join(f"{count} {kind}" for kind, count in fitted.left_out.items())
    told = f"over {max_bytes} bytes, left out: {counts}" if counts else "the status is whole again"
    notices.append(Notice("Truncated", "some" if counts else "", told))
    return BuiltStatus(
        fitted.status, fitted.size, published, tuple(rows), fitted.left_out, tuple(notices)
    )
