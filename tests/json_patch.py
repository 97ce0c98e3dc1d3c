"""RFC 6902 as it stands there, for stand-ins of the API server."""

import copy
from typing import Any


class TestFailed(Exception):  # noqa: N818 - reads as what happened
    """A test in the patch does not hold, or a place is not there."""

    __test__ = False


def patched(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document with the operations made on it, in order; those that the reporter uses.

    Raises:
        TestFailed: the patch cannot be made.
    """
    result = copy.deepcopy(document)
    for operation in operations:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        place = result
        try:
            for part in parents:
                place = place[int(part) if isinstance(place, list) else part]
            _apply(place, last, operation)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise TestFailed(str(operation)) from error
    return result


def _apply(place: Any, last: str, operation: dict[str, Any]) -> None:
    kind = operation["op"]
    if isinstance(place, list):
        at = int(last)
        if kind == "add":
            if at > len(place):
                raise IndexError(at)
            place.insert(at, operation["value"])
            return
        key: Any = at
    else:
        key = last
        if kind == "add":
            place[key] = operation["value"]
            return
    if kind == "test":
        if place[key] != operation["value"]:
            raise TestFailed(str(operation))
    elif kind == "remove":
        del place[key]
    elif kind == "replace":
        place[key]  # is to be there
        place[key] = operation["value"]
    else:
        raise ValueError(kind)
