"""Makes the models that prepare their inputs, and with functions between layers: python make_preparation.py

With TensorFlow 2.15 it makes those of Keras 2, with Keras 3 (KERAS_BACKEND=torch) those of Keras 3. Each file comes with what Keras
computes of four events (several outputs side by side).
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

try:
    import tensorflow as tf

    keras = tf.keras
    absolute, root, logarithm, squeeze = tf.abs, tf.sqrt, tf.math.log, tf.squeeze
    clip = lambda x: tf.clip_by_value(x, -0.5, 1.0)
except ImportError:
    import keras

    ops = keras.ops
    absolute, root, logarithm, squeeze = ops.abs, ops.sqrt, ops.log, ops.squeeze
    clip = lambda x: ops.clip(x, -0.5, 1.0)
L = keras.layers
generation = getattr(keras, "__version__", "2")[0]
random = np.random.default_rng(2)
events = (random.integers(-64, 64, (4, 5, 3)) / 16).astype(np.float32)

seen = L.Normalization()
seen.adapt(random.normal(1, 2, (50, 5, 3)))
elements = L.Normalization(axis=(1, 2))
elements.adapt(random.normal(1, 2, (50, 5, 3)))
x = L.Input((5, 3), name="x")
a = L.Dense(3, name="a")(seen(x))
b = L.BatchNormalization(axis=1, name="b")(elements(x))
c = L.Normalization(axis=None, mean=0.5, variance=2.0)(L.Rescaling(0.25, offset=-1.0)(x))
d = L.Attention()([a, b])
e = L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25], invert=True)(L.UnitNormalization()(c))
f = absolute(e) + 1.0
g = logarithm(root(f)) / f
h = clip(d) ** 3
i = squeeze(L.Reshape((5, 1, 3))(h), axis=2)
model = keras.Model(x, [L.Flatten()(y) for y in (d, e, g, i)])
for w in model.weights:
    name = w.path if generation == "3" else w.name
    if name.startswith(("a/", "b/")):
        values = random.normal(0, 0.5, w.shape)
        w.assign(np.abs(values) + 0.3 if "variance" in name else values)
results = model.predict(events, verbose=0)
name = f"keras{generation}_preparation"
model.save(name + ".h5")
model.save(name + ".keras")
np.save(name + ".inputs.npy", events.reshape(4, -1))
np.save(name + ".outputs.npy", np.concatenate(results, axis=1))
