// What kernel.main.cpp needs of PyTorch's header of this name, so that the demo needs no PyTorch.
#include <algorithm>
#include <atomic>
#include <cstdint>
static std::atomic<int>* inductor_cpu_integer_div_error_flag;
static inline void inductor_cpu_throw_if_integer_div_error(std::atomic<int>&) {}
