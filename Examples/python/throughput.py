"""Events a second through predict. Usage: throughput.py [EVENTS] [THREADS]"""

import sys
import time
from pathlib import Path

import numpy as np
import tricot

events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
example = Path(__file__).resolve().parents[1] / "jet-tagger"
q = tricot.load(example / "jet-tagger.keras").quantize(example / "calibration-jets.npy", threads=threads)
jets = np.resize(np.load(example / "test-jets.npy"), (events, 16))
for kind in (np.float64, np.float32):
    x = jets.astype(kind)
    q.predict(x[:10_000])
    began = time.perf_counter()
    q.predict(x)
    seconds = time.perf_counter() - began
    print(f"{events / seconds / 1e6:.2f} million events a second from {kind.__name__}, {threads} threads")
