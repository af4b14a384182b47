"""Runs side by side: what is the same once, then a column a run, with the words marked that differ from the first one.

``words`` compares two texts; ``choice`` finds the runs that were asked for, ``columns`` lines them up; ``page`` is the
HTML, which needs neither kernel nor script; ``view`` is what a person has in hand, with the buttons that open a run in
a panel below.
"""
