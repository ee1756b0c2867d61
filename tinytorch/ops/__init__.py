"""The op table, a file per kind; importing the package fills it."""

from . import elementwise, convert, view, reduce, index, linalg  # noqa: F401, I001
