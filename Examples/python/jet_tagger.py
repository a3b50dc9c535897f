"""From a trained network to verified Verilog. Usage: jet_tagger.py [FOLDER TO WRITE]"""

import sys
from pathlib import Path

import numpy as np
import tricot

example = Path(__file__).resolve().parents[1] / "jet-tagger"
jets = np.load(example / "test-jets.npy")
labels = np.load(example / "test-labels.npy")

model = tricot.load(example / "jet-tagger.keras")
q = model.quantize(calibration=np.load(example / "calibration-jets.npy"))
scores = q.predict(jets)
print(f"right: {np.mean(model.predict_float(jets).argmax(1) == labels):.1%} in floating point")
print(f"       {np.mean(scores.argmax(1) == labels):.1%} in the firmware")
print(q.estimate())
print(q.compile(sys.argv[1] if len(sys.argv) > 1 else "firmware", replace=True))
report = q.verify(jets[:100])
print(report)
sys.exit(not report)
