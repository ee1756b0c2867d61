"""All cases, by file."""

import func_cases_forward
import func_cases_jacobian
import func_cases_modules
import func_cases_transforms
import func_cases_vmap
from func_registry import CASES

__all__ = [
    "CASES", "func_cases_forward", "func_cases_jacobian", "func_cases_modules",
    "func_cases_transforms", "func_cases_vmap",
]  # fmt: skip
