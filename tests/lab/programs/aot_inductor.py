"""Compile a small model ahead of time with AOTInductor, load what was made, and compare with eager."""

import torch
import torch._inductor


class Model(torch.nn.Module):
    """Has weights, for they are made an object file of."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.linear(x)) * 2


model, x = Model().eval(), torch.randn(3, 8)
with torch.no_grad():
    if hasattr(torch._inductor, "aoti_load_package"):
        # In torch 2.5 it takes the example's arguments too.
        exported = torch.export.export(model, (x,))
        try:
            package = torch._inductor.aoti_compile_and_package(exported)
        except TypeError:
            package = torch._inductor.aoti_compile_and_package(exported, (x,))
        compiled = torch._inductor.aoti_load_package(package)
    else:
        compiled = torch._export.aot_load(torch._export.aot_compile(model, (x,)), "cpu")
    torch.testing.assert_close(compiled(x), model(x))
print(f"passed with torch {torch.__version__}")
