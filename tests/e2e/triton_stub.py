"""Build a C stub as Triton does before its first kernel: in a temporary directory that goes when the compile failed."""

from pathlib import Path

from triton.backends import nvidia
from triton.runtime.build import compile_module_from_src

SOURCE = """
#include <cuda.h>
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "first_stub", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_first_stub(void) { return PyModule_Create(&definition); }
"""
include = Path(next(iter(nvidia.__path__))) / "include"
print("passed:", compile_module_from_src(src=SOURCE, name="first_stub", include_dirs=[str(include)]).__name__)
