"""The verbs of speech on the command line: replay.

Light at start: every verb imports what it needs.
"""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add_verbs", "replay"]


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the parser's."""
    sub = verbs.add_parser("replay", help="render one clip again and compare its samples")
    sub.add_argument("folder", help="run folder or release folder")
    sub.add_argument("clip_id", help="its id, or the beginning of it; dropped clips too")
    sub.add_argument("-o", "--out", metavar="FILE", help="write the clip here (.wav or .flac)")


def replay(options: argparse.Namespace) -> int:
    """Exit code 0 when the samples are those that were recorded, 1 when they are not."""
    from corpusforge import api

    found = api.replay(options.folder, options.clip_id, options.out)
    if options.out is not None:
        print(f"wrote {options.out}")
    if found.same:
        print(f"clip {found.clip_id}: same samples as recorded ({found.recorded})")
        return 0
    print(f"clip {found.clip_id}: not the samples that were recorded")
    print(f"  recorded     {found.recorded or 'none: the clip could not be made then'}")
    print(f"  now          {found.rendered.facts.pcm_sha256}")
    for change in found.changes:
        print(f"  changed      {change}")
    if found.recorded and not found.changes:
        print("  versions of engine, effects and packages are as recorded: another CPU family?")
    return 1
