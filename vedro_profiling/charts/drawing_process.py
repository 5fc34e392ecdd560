"""The program that draws beside the process that wants pictures: a specification a line in, PNG files out.

`Painter` starts it by its path and in isolation, so that nothing of the house, of the user's folder or of Python's own
environment is in its way. Each answer is a line of JSON, `{"bytes": N}` before the N bytes of a picture or
`{"refusal": TEXT}`.
"""

import faulthandler
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import BinaryIO

__all__ = ("answer_all",)


def answer_all(specifications: BinaryIO, answers: BinaryIO, *, vl_version: str, ppi: int, patience: float) -> None:
    """Draw until nobody asks any more; a picture that takes longer than `patience` seconds ends this process."""
    import vl_convert

    for line in specifications:
        # Its own thread watches, and needs no GIL, which vl-convert holds.
        faulthandler.dump_traceback_later(patience, exit=True)
        try:
            picture = bytes(vl_convert.vegalite_to_png(line.decode(), vl_version=vl_version, ppi=ppi))
            answer = json.dumps({"bytes": len(picture)}).encode() + b"\n" + picture
        except ValueError as error:
            answer = json.dumps({"refusal": str(error)}).encode() + b"\n"
        faulthandler.cancel_dump_traceback_later()
        answers.write(answer)
        answers.flush()


def _main(arguments: Sequence[str]) -> None:
    home, vl_version, ppi, patience = arguments
    # Ctrl-C is for the process that wants the pictures, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.path.append(home)
    answer_all(sys.stdin.buffer, answers, vl_version=vl_version, ppi=int(ppi), patience=float(patience))


if __name__ == "__main__":
    _main(sys.argv[1:])
