"""The panel's Python side: the wire, what a browser may ask for, the widget, and the transcript that is saved.

Only ``widget`` imports anywidget; the rest knows a seat, and runs without a notebook.
"""
