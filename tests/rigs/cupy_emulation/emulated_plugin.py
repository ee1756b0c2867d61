"""A pytest plugin that puts the emulation into place, in workers of pytest-xdist as well."""

import emulated

emulated.install()
