"""Compile a function with torch.compile where Inductor writes the calling code in C++ too, not in Python."""

import torch
import torch._inductor.config

torch._inductor.config.cpp_wrapper = True


@torch.compile(fullgraph=True)
def compiled(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x) * 2 + x


x = torch.linspace(-3, 3, 1000)
torch.testing.assert_close(compiled(x), torch.sin(x) * 2 + x)
print(f"passed with torch {torch.__version__}")
