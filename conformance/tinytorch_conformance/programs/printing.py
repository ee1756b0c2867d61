"""Printed text, character by character."""

LINES = {
    "float": "repr(torch.tensor([1.0, 2.5, -3.25]))",
    "integers_shown_as_floats": "repr(torch.arange(4.0))",
    "zero_dim": "[repr(torch.tensor(2.5)), repr(torch.tensor(3)), repr(torch.tensor(True))]",
    "ints": "repr(torch.arange(-3, 12).reshape(3, 5))",
    "bools": "repr(torch.tensor([[True, False], [False, True]]))",
    "empty":
        "[repr(torch.tensor([])), repr(torch.zeros(0, 3)), repr(torch.zeros(2, 0).long())]",
    "nan_and_inf": "repr(torch.tensor([float('nan'), float('inf'), -float('inf'), 1.5]))",
    "scientific": "repr(torch.tensor([1e-8, 1.0, 1e5]))",
    "scientific_large": "repr(torch.tensor([123456789.0, 0.5]))",
    "wide_range_integers": "repr(torch.tensor([1e9, 1.0]))",
    "double": "repr(torch.tensor([0.1, 0.25], dtype=torch.float64))",
    "half": "repr(torch.tensor([0.1, 2.0], dtype=torch.float16))",
    "bfloat16": "repr(torch.tensor([0.1, 2.0], dtype=torch.bfloat16))",
    "int32": "repr(torch.tensor([1, 200], dtype=torch.int32))",
    "uint8": "repr(torch.tensor([1, 200], dtype=torch.uint8))",
    "complex": "repr(torch.tensor([1 + 2j, -0.5j]))",
    "complex_double": "repr(torch.tensor([1 + 2j], dtype=torch.complex128))",
    "wrapped": "repr(torch.arange(30.0) / 7)",
    "matrix": "repr(torch.arange(12.0).reshape(3, 4) / 3)",
    "cube": "repr(torch.arange(24.0).reshape(2, 3, 4))",
    "summarised": "repr(torch.arange(3000.0).reshape(50, 60))",
    "summarised_line": "repr(torch.arange(1001))",
    "requires_grad": "repr(torch.ones(2, requires_grad=True))",
    "grad_fn": "repr(torch.ones(2, requires_grad=True) * 2)",
    "grad_fn_wrapped": "repr(torch.arange(24.0, requires_grad=True) / 7)",
    "zero_dim_grad_fn": "repr((torch.ones(2, requires_grad=True) * 2).sum())",
    "leaf_double": "repr(torch.ones(1, dtype=torch.float64, requires_grad=True))",
    "negative_zero": "repr(torch.tensor([-0.0, 0.0]))",
    "format_of_zero_dim": "f'{torch.tensor(3.14159):.3f} {torch.tensor(7)}'",
    "format_of_a_vector": "f'{torch.arange(3)}'",
    "size":
        "[repr(torch.zeros(2, 3).size()), str(torch.zeros(2).shape), repr(torch.ones(1).shape[0])]",
    "dtype_and_device":
        "[repr(torch.float32), repr(torch.device('cpu')), str(torch.zeros(1).device)]",
    "type_names": "[torch.zeros(1).type(), torch.zeros(1, dtype=torch.int64).type()]",
    "named_result": "repr(torch.max(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), 1))",
    "options_precision": "torch.set_printoptions(precision=2)\ns = repr(torch.tensor([1.23456]))\n"
                         "torch.set_printoptions(profile='default')\ns",
    "options_no_scientific": "torch.set_printoptions(sci_mode=False)\n"
                             "s = repr(torch.tensor([1e-8, 1.0]))\n"
                             "torch.set_printoptions(profile='default')\ns",
    "options_linewidth": "torch.set_printoptions(linewidth=30)\ns = repr(torch.arange(12.0))\n"
                         "torch.set_printoptions(profile='default')\ns",
    "tolist": "torch.arange(4.0).reshape(2, 2).tolist()",
    "item": "[torch.tensor(2.5).item(), torch.tensor(3).item(), torch.tensor(True).item()]",
}  # fmt: skip
