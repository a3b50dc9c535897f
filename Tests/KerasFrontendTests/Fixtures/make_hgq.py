"""Writes a network of HGQ2 0.2.0 as Keras 3's whole-model .h5, and what it computes: python make_hgq.py (with keras, jax and hgq2)"""

import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from hgq.config import QuantizerConfigScope
from hgq.layers import QBatchNormDense, QDense

random = np.random.default_rng(3)
os.chdir(os.path.dirname(os.path.abspath(__file__)))
with QuantizerConfigScope(place="all", overflow_mode="SAT_SYM", default_q_type="kif"):
    model = keras.Sequential(
        [
            keras.layers.Input([6]),
            QBatchNormDense(8, activation="relu", name="a"),
            QBatchNormDense(5, activation="relu", name="b"),
            QDense(3, name="c"),
        ]
    )
for variable in model.variables:
    path, value = variable.path, np.array(variable.value)
    if path.endswith(("kernel", "bias")) or "beta" in path:
        variable.assign(random.normal(0, 0.7, value.shape))
    elif "gamma" in path:
        variable.assign(random.normal(1, 0.3, value.shape))
    elif "moving_mean" in path:
        variable.assign(random.normal(0, 0.5, value.shape))
    elif "moving_variance" in path:
        variable.assign(random.uniform(0.3, 2, value.shape))
    elif path.split("/")[-1] in ("f", "i"):
        variable.assign(value + random.integers(-1, 2, value.shape))
x = (random.integers(-64, 64, [40, 6]) / 16).astype(np.float32)
model.save("hgq2_dense.h5")
np.save("hgq2_dense.inputs.npy", x)
np.save("hgq2_dense.outputs.npy", np.array(model.predict(x, verbose=0)))
