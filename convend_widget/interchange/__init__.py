"""Conversations in and out: data frames, Markdown, HTML, CSV, and the exchange format in JSON.

Import what is needed from the module that has it; pandas, markdown-it and nh3 are loaded when they are first used.
"""
