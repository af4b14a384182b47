"""Replays: a branch run again many times, how each run came out, and honest numbers about it.

``rate``, ``difference``, ``prompts``, ``several``, ``survival`` and ``outcomes`` are pure: counts in, values out. scipy
and statsmodels do the arithmetic and are imported when a number is first asked for. ``branch`` and ``run`` are pure
too: what a run does next, and how it came out. ``study`` makes the runs, ``budget`` sees to what they use, and ``runs``
is what a person has in hand.
"""
