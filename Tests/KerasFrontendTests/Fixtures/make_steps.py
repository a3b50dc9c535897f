"""Makes the models with nested ones at every step, and with log-softmax: python make_steps.py

With TensorFlow 2.15 it makes those of Keras 2, with Keras 3 (KERAS_BACKEND=torch) those of Keras 3. Each file comes with what Keras
computes of four events (several outputs side by side).
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

try:
    import tensorflow as tf

    keras, log_softmax = tf.keras, tf.nn.log_softmax
except ImportError:
    import keras

    log_softmax = keras.ops.log_softmax
L = keras.layers
generation = getattr(keras, "__version__", "2")[0]
random = np.random.default_rng(1)

inner = L.Input((5, 3))
a = L.Conv1D(4, 3, activation="relu")(inner)
b = L.Conv1D(4, 3)(inner)
c = L.Concatenate()([L.Add()([a, b]), a * 2.0])
c = L.GlobalMaxPooling1D()(L.BatchNormalization()(c))
each = keras.Model(inner, L.Dense(3, activation="softmax")(c), name="each")
x = L.Input((4, 5, 3), name="x")
y = L.TimeDistributed(each, name="steps")(x)
y = L.TimeDistributed(keras.Sequential([L.Input((3,)), L.Dense(4, activation="tanh")]), name="more")(y)
z = L.LSTM(3)(y)
outputs = [
    L.Activation("log_softmax")(z),
    L.Dense(3, activation=log_softmax if generation == "2" else "log_softmax")(z),
    log_softmax(L.Dense(2)(z)),
]
model = keras.Model(x, outputs)
model.set_weights([random.normal(0, 0.5, w.shape) + (w == 1) for w in model.get_weights()])
for i, w in enumerate(model.weights):
    if "variance" in (w.path if generation == "3" else w.name):
        w.assign(np.abs(np.asarray(w.numpy() if generation == "2" else keras.ops.convert_to_numpy(w))) + 0.3)
events = random.integers(-64, 64, (4, 4, 5, 3)) / 32
results = model.predict(events, verbose=0)
name = f"keras{generation}_steps"
model.save(name + ".h5")
model.save(name + ".keras")
np.save(name + ".inputs.npy", events.reshape(4, -1).astype(np.float32))
np.save(name + ".outputs.npy", np.concatenate(results, axis=1))
