"""The generator: torch's MT19937 stream, its 64-bit seeds and its 5056-byte state.

NumPy owns a fast MT19937, so the stream is taken from there.  It is drawn in whole blocks of 624
words, the size of the state: the engine then always stands at a block's end, the words not yet
handed out are the tail of the current block, and a state taken in mid-block is the engine's key
plus our own position.  `numpy.random` costs more to import than the rest of NumPy, so the engine
comes to life at the first draw and a generator that never draws never imports it.

    block   w0 w1 w2 ... w(pos-1) | w(pos) ... w623 ]   <- engine stands here
                       handed out | next

The normal samplers leave a second value behind, `spare`; it belongs to the generator, travels in
the state and is dropped by a new seed.
"""

import os
import threading

import numpy as np

DEFAULT_SEED = 67280421310721
BLOCK = 624
SPAN = 24 * BLOCK

_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "valid"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", BLOCK), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)
_NONE = np.empty(0, np.uint32)
_HALF = np.array(32, np.uint64)


def spans(n, step=SPAN):
    """Slices that cover range(n) in pieces small enough for the cache."""
    return [slice(i, min(i + step, n)) for i in range(0, n, step)]


class Core:
    """The stream behind torch.Generator on the CPU.

    Every draw is made of 32-bit words in order; a 64-bit draw takes its high half first.
    """

    __slots__ = ("spare", "_seed", "_start", "_rs", "_block", "_ints", "_pos", "_fresh", "_lock")

    def __init__(self, seed=DEFAULT_SEED):
        self._rs, self._lock = None, threading.Lock()
        self.manual_seed(seed)

    def manual_seed(self, seed):
        """Restart from `seed`, -2**63 <= seed < 2**64; negative seeds wrap (torch.Generator)."""
        if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        with self._lock:
            self._seed = int(seed) % (1 << 64)
            self._reset(self._seed & 0xFFFFFFFF)
        return self

    def seed(self):
        """Restart from 64 bits of the operating system's randomness and return them."""
        s = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(s)
        return s

    def initial_seed(self):
        """The seed last given, as an int in [0, 2**64)."""
        return self._seed

    def clone(self):
        """A generator of its own that stands at the same place."""
        return restore(self.get_state())

    def __reduce__(self):
        return restore, (self.get_state(),)

    def _reset(self, start, fresh=True):
        self._start, self._block, self._ints, self._pos = start, _NONE, None, BLOCK
        self._fresh, self.spare = fresh, None

    def _engine(self):
        if self._rs is None:
            self._rs = np.random.RandomState(0)
        if self._start is not None:
            if isinstance(self._start, int):
                self._rs.seed(self._start)
            else:
                self._rs.set_state(("MT19937", *self._start))
            self._start = None
        return self._rs

    def _refill(self, n):
        rest = self._block[self._pos :]
        need = n - rest.size
        blocks = -(-need // BLOCK)
        w = self._engine().randint(0, 1 << 32, blocks * BLOCK, dtype=np.uint32)
        self._block, self._ints = w[-BLOCK:].copy() if blocks > 1 else w, None
        self._pos, self._fresh = need - (blocks - 1) * BLOCK, False
        return np.concatenate((rest, w[:need])) if rest.size else w[:need]

    def u32(self, n):
        """The next n words, uint32[n]; read-only by convention, it may be a view."""
        with self._lock:
            pos, end = self._pos, self._pos + n
            if end <= BLOCK:
                self._pos = end
                return self._block[pos:end]
            return self._refill(n)

    def u64(self, n):
        """The next n 64-bit draws, a fresh uint64[n]."""
        v = self.u32(2 * n).view("<u8")
        out = v << _HALF
        out |= v >> _HALF
        return out

    def double(self):
        """One uniform double in [0, 1) of 53 bits: two words."""
        with self._lock:
            pos = self._pos
            if pos + 2 <= BLOCK:
                if self._ints is None:
                    self._ints = self._block.tolist()
                hi, lo = self._ints[pos], self._ints[pos + 1]
                self._pos = pos + 2
            else:
                hi, lo = self._refill(2).tolist()
        return ((hi & 0x1FFFFF) << 32 | lo) * 2.0**-53

    def get_state(self):
        """The generator as torch writes it, uint8[5056] (torch.Generator.get_state)."""
        raw = np.zeros(1, _STATE)
        s = raw[0]
        with self._lock:
            s["seed"], s["seeded"] = self._seed, 1
            s["words"] = self._engine().get_state(legacy=False)["state"]["key"]
            s["left"] = 1 if self._fresh else BLOCK + 1 - self._pos
            s["next"] = 0 if self._fresh else self._pos
            if self.spare is not None:
                s["normal"], s["valid"] = self.spare, 1
        return raw.view(np.uint8)

    def set_state(self, state):
        """Continue from a state that torch or `get_state` wrote (torch.Generator.set_state).

        TypeError unless it is a uint8 array; RuntimeError for another size or an impossible one.
        """
        if not isinstance(state, np.ndarray):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if not state.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input "
                f"RNG state size to be {state.size}"
            )
        s = np.frombuffer(state.tobytes(), _STATE)[0]
        left, pos = int(s["left"]), int(s["next"])
        if s["seeded"] != 1 or not 0 < left <= BLOCK or pos > BLOCK:
            raise RuntimeError("Invalid mt19937 state")
        with self._lock:
            self._seed = int(s["seed"])
            key, spent = s["words"].astype(np.uint32), left == 1
            self._reset((key, BLOCK if spent else 0), fresh=spent and pos == 0)
            if not spent:
                self._block = self._engine().randint(0, 1 << 32, BLOCK, dtype=np.uint32)
                self._pos = pos
            if s["valid"]:
                self.spare = float(s["normal"])


def restore(state):
    core = Core(0)
    core.set_state(state)
    return core
