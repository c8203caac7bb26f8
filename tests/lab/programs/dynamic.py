"""Compile a function with torch.compile(dynamic=True) on the CPU, and run it with two lengths."""

import torch


@torch.compile(dynamic=True, fullgraph=True)
def compiled(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x) * 2 + x


for length in (100, 177):
    x = torch.linspace(-3, 3, length)
    torch.testing.assert_close(compiled(x), torch.sin(x) * 2 + x)
print(f"passed with torch {torch.__version__}")
