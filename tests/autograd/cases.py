"""All cases, by file: one place to import them from."""

import cases_backward
import cases_check
import cases_checkpoint
import cases_function
import cases_function_ends
import cases_function_more
import cases_function_runs
import cases_graph
import cases_hooks
import cases_hooks_more
import cases_modes
import cases_modes_more
import cases_saved
import cases_saved_names
import cases_views
import cases_views_more
from transcript import CASES

__all__ = [
    "CASES",
    "cases_backward",
    "cases_check",
    "cases_checkpoint",
    "cases_function",
    "cases_function_ends",
    "cases_function_more",
    "cases_function_runs",
    "cases_graph",
    "cases_hooks",
    "cases_hooks_more",
    "cases_modes",
    "cases_modes_more",
    "cases_saved",
    "cases_saved_names",
    "cases_views",
    "cases_views_more",
]
