"""Charts of results, by matplotlib, which is imported when the first one is drawn.

``chart`` is the figure, the text that stands for it and how a notebook shows it; ``ink`` its colours, type and axes;
``rows`` shares side by side; ``differences`` comparisons; ``curves`` when runs end; ``turns`` turning points.
"""
