from setuptools import Extension, setup

setup(name="small", version="1.2", ext_modules=[Extension("small", ["small.c", "part.c"])])
