"""What students hand in, from a folder into frames: exports, stores and saved notebooks.

Import what is needed from the module that has it; pandas is loaded when a frame is asked for.
"""
