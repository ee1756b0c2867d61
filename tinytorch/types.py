"""Names for annotations (torch.types)."""

from __future__ import annotations

import builtins
from typing import Any

from .devices import device
from .dtypes import dtype
from .tensor import Size, Tensor

Number = builtins.int | builtins.float | builtins.bool
Device = device | str | builtins.int | None
_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_dtype, _device, _size = dtype, device, Size | list[builtins.int] | tuple[builtins.int, ...]
_TensorOrTensors = Tensor | tuple[Tensor, ...]
Storage = Any
