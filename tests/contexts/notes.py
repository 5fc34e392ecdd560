"""What the summary of a run notes of containers."""

from typing import Final

__all__ = (
    "DISK_NOTE",
    "docker_notes",
)

DISK_NOTE: Final = "docker: what containers read from and wrote to disks is not known"
"""How the note begins that a kernel causes which counts no bytes of disks (see `tests.contexts.kernel`)."""


def docker_notes(output: str) -> list[str]:
    """List what is noted of containers, but for the bytes of disks, which is the kernel's affair."""
    notes = [line.removeprefix("# ! ") for line in output.splitlines() if line.startswith("# ! docker")]
    return [note for note in notes if not note.startswith(DISK_NOTE)]
