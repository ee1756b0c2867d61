"""Indexing, ordering, joining and windows where NumPy needs a hand."""
