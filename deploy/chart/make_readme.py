"""Makes the chart's README from its values and what their schema says of them.

python deploy/chart/make_readme.py            write the file
python deploy/chart/make_readme.py --check    exit 1 if it is not what would be written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHART = Path(__file__).resolve().parent

HEAD = """\
# birdstatus-reporter

Reports what every node's BIRD says as `CalicoNodeStatus`, and shows the whole cluster on one page.
What it does, and how to run it beside Calico's own reporter or instead of it:
[docs/operations.md](../../docs/operations.md); upgrade and removal: [docs/upgrade.md](../../docs/upgrade.md).

```console
$ helm install birdstatus deploy/chart --namespace birdstatus --create-namespace \\
    --set image.repository=REGISTRY/birdstatus-reporter
```

The namespace needs `pod-security.kubernetes.io/enforce=privileged`: the sockets are a host path.
The image is built with `deploy/Dockerfile`; there is none in a registry yet.

## Values

Others are refused. Made from `values.yaml` and `values.schema.json` by `make_readme.py`.

"""


def main(arguments: Sequence[str]) -> int:
    """Write the file, or compare it; the exit code."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    lines = ["| value | default | what it is |", "|---|---|---|"]
    lines += [
        f"| `{name}` | `{default}` | {about} |" for name, default, about in _rows(values, schema)
    ]
    text = HEAD + "\n".join(lines) + "\n"
    path = CHART / "README.md"
    if "--check" not in arguments:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.read_text(encoding="utf-8") != text:
        sys.stderr.write("deploy/chart/README.md is not what its values are: make docs\n")
        return 1
    return 0


def _rows(
    values: Mapping[str, Any], schema: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, str, str]]:
    for name, value in values.items():
        said = schema["properties"][name]
        if "properties" in said:
            yield from _rows(value, said, f"{above}{name}.")
        else:
            yield f"{above}{name}", json.dumps(value), said["description"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
