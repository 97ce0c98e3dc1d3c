"""Kubernetes objects and other documents, printed as kubectl prints them."""

from __future__ import annotations

import json
import sys
from typing import Any

import yaml

__all__ = ["print_documents"]


def print_documents(documents: list[dict[str, Any]], output: str) -> None:
    """Print each as ``json`` or ``yaml``, with sorted keys."""
    if output == "json":
        text = "".join(
            f"{json.dumps(document, indent=2, sort_keys=True)}\n" for document in documents
        )
    else:
        text = yaml.safe_dump_all(documents, sort_keys=True, allow_unicode=True)
    sys.stdout.write(text)
