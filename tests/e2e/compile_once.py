"""Compile one small function with torch.compile on the CPU, run it, and compare with eager."""

import torch


@torch.compile(fullgraph=True)
def compiled(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x) * 2 + x


x = torch.linspace(-3, 3, 1000)
torch.testing.assert_close(compiled(x), torch.sin(x) * 2 + x)
print(f"passed with torch {torch.__version__}")
