"""Fronts with other libraries' names over tinytorch, for programs that were written for those.

A front is no copy of a library: it has the names that one kind of program uses, with that library's
meaning, and says clearly what it lacks.
"""
