// What a launch hands to a compiled kernel: shared by the shim and by every kernel.
#pragma once

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

struct Launch {
  dim3 grid, block;
  void* shared;
  // Run body(arg, i) for i < n as fibers that may wait for each other; in order, one at a time.
  void (*fibers)(unsigned n, void (*body)(void*, unsigned), void* arg);
  void (*wait_block)();
  void (*wait_warp)(unsigned mask);
};
