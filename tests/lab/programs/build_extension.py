"""Build a C++ extension with setuptools and PyTorch's BuildExtension, as a setup.py does, and call it."""

import os
import sys
import tempfile
from pathlib import Path

import torch
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension

SOURCE = """
#include <torch/extension.h>
torch::Tensor twice(const torch::Tensor& x) { return x * 2; }
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("twice", &twice); }
"""
directory = tempfile.mkdtemp()
os.chdir(directory)
Path("twice.cpp").write_text(SOURCE)
setup(
    name="built_extension",
    ext_modules=[CppExtension("built_extension", ["twice.cpp"])],
    cmdclass={"build_ext": BuildExtension},
    script_args=["build_ext", "--inplace"],
)
sys.path.insert(0, directory)
import built_extension  # noqa: E402: it is there only now

x = torch.arange(3.0)
torch.testing.assert_close(built_extension.twice(x), x * 2)
print(f"passed with torch {torch.__version__}")
