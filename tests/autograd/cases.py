"""All cases, by file: one place to import them from."""

import cases_backward
import cases_check
import cases_checkpoint
import cases_function
import cases_function_more
import cases_hooks
import cases_modes
import cases_saved
import cases_saved_names  # noqa: F401
import cases_views
from transcript import CASES

__all__ = [
    "CASES",
    "cases_backward", "cases_check", "cases_checkpoint", "cases_function",
    "cases_function_more", "cases_hooks", "cases_modes", "cases_saved", "cases_views",
]  # fmt: skip
