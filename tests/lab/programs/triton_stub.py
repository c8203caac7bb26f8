"""Build a C stub as Triton does before its first kernel: in a temporary directory that goes when the compile failed."""

import importlib.util
import tempfile
from pathlib import Path

import triton
from triton.backends import nvidia
from triton.runtime import build

SOURCE = """
#include <cuda.h>
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "first_stub", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_first_stub(void) { return PyModule_Create(&definition); }
"""
include = str(Path(next(iter(nvidia.__path__))) / "include")
if hasattr(build, "compile_module_from_src"):
    module = build.compile_module_from_src(src=SOURCE, name="first_stub", include_dirs=[include])
else:
    # Before Triton 3.4 that function belonged to the driver, which is not loaded where no GPU is: this is its body.
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "main.c"
        source.write_text(SOURCE)
        built = build._build("first_stub", str(source), directory, [], [include], [])
        spec = importlib.util.spec_from_file_location("first_stub", built)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
print("passed:", module.__name__, "with Triton", triton.__version__)
