"""The CPU of ended children, counted once: what was read of them while they lived, and the rest when they are reaped.

Once a process waits for a child, the kernel adds to its own account all that the child has used and all that the
child had waited for (getrusage(2), RUSAGE_CHILDREN). Of this we have counted already what was read of them alive.
"""

from vedro_profiling.recording.samplers.members import Member

__all__ = ("settle",)


def settle(members: dict[int, Member]) -> int:
    """Count what reaped children had used beyond what was read of them, and drop those that have left.

    Before each call `reaped_ns` of every member must have been read, and after that the members themselves: so one
    that was reaped by then is known to have left, and nothing is counted twice.

    The rest of a member seen alive goes to its target, as far as it went on as before after it was read last; what is
    more than that is of children that nobody saw.

    Parameters
    ----------
    members
        All processes that are followed, by pid.

    Returns
    -------
    int
        Nanoseconds of CPU that belong to children never seen.
    """
    left = [member for member in members.values() if member.has_left]
    # Children before their parents, which hand over what they had inherited.
    for member in sorted(left, key=_depth, reverse=True):
        del members[member.pid]
        if member.parent is not None:
            member.parent.inherit(member)
    return sum(_share(member) for member in members.values())


def _depth(member: Member) -> int:
    return 0 if member.parent is None else 1 + _depth(member.parent)


def _share(parent: Member) -> int:
    """Give what the reaped children of a process used unseen to those that left, and return what is too much."""
    rest_ns = growth_ns = max(0, parent.reaped_ns - parent.counted_ns)
    parent.counted_ns += rest_ns
    heirs = [(child, child.likely_unread_ns) for child in parent.left_before + parent.left_now]
    likely_ns = sum(unread_ns for _, unread_ns in heirs)
    given_ns = min(rest_ns, likely_ns)
    for child, unread_ns in heirs:
        if child.target is not None and given_ns > 0:
            part_ns = given_ns * unread_ns // likely_ns
            child.target.cpu_ns += part_ns
            rest_ns -= part_ns
    # One that was reaped after the account was read gets its rest in the next look.
    parent.left_before, parent.left_now = ([] if growth_ns else parent.left_now), []
    return rest_ns
