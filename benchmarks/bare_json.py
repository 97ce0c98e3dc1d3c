"""What nobody who reads the files of a folder as JSON can go below. Prints seconds of CPU.

python benchmarks/bare_json.py FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).iterdir()):
        json.loads(path.read_bytes())
    print(time.process_time())
