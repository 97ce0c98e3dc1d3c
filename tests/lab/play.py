"""Record one scenario: `python -m tests.lab.play SCENARIO 4|6|VERSION FIXTURES`.

A process of its own, so that whatever it started ends with it.
"""

import sys
from pathlib import Path

from .daemon import FAMILIES
from .dual import DualStage
from .recording import Recorder
from .releases import releases
from .scenarios import load, load_dual
from .stage import Stage


def main(name: str, of: str, fixtures: str) -> None:
    family = next((known for known in FAMILIES if str(known) == of), None)
    if family:
        chosen = load()[name]
        with Stage(family) as stage:
            recorder = Recorder(name, chosen.shows, stage, Path(fixtures))
            chosen.scene(stage, recorder)
    else:
        dual = load_dual()[name]
        release = next(release for release in releases() if release.version == of)
        with DualStage(release) as both:
            recorder = Recorder(name, dual.shows, both, Path(fixtures))
            dual.scene(both, recorder)
    recorder.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
