# Writes the recurrent fixtures: models of Keras 3 with random weights, four events each, and what Keras computes.
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np
from keras import Input, Model
from keras import layers as L

rng = np.random.default_rng(7)
STEPS, FEATURES = 5, 3


def write(name, model, xs, h5=False):
    for weight in model.weights:
        if str(weight.dtype) == "float32":
            weight.assign(rng.normal(0, 0.5, weight.shape).astype(np.float32))
    ys = model.predict(xs, verbose=0)
    rows = lambda arrays: np.concatenate(
        [np.asarray(a).reshape(len(a), -1) for a in (arrays if isinstance(arrays, list) else [arrays])], 1
    )
    model.save(f"{name}.keras")
    if h5:
        model.save(f"{name}.h5")
    np.save(f"{name}.inputs.npy", rows(xs))
    np.save(f"{name}.outputs.npy", rows(ys))


x = rng.normal(0, 1, (4, STEPS, FEATURES)).astype(np.float32)

a = Input((STEPS, FEATURES))
cells = [
    L.LSTM(4)(a), L.GRU(3)(a), L.GRU(3, reset_after=False)(a), L.SimpleRNN(2)(a),
    L.LSTM(2, activation="relu", recurrent_activation="hard_sigmoid", use_bias=False)(a),
    L.GRU(2, dropout=0.3, recurrent_dropout=0.2)(a),
]
write("keras3_recurrent_cells", Model(a, L.Concatenate()(cells)), x, h5=True)

a = Input((STEPS, FEATURES))
h = L.LSTM(3, return_sequences=True)(a)
h = L.Bidirectional(L.GRU(2, return_sequences=True))(h)
outputs = [L.Bidirectional(L.LSTM(2), merge_mode=m)(h) for m in ["concat", "sum", "ave", "mul"]]
outputs += [L.SimpleRNN(3, go_backwards=True, return_sequences=True)(h), L.GRU(2, go_backwards=True)(h)]
write("keras3_recurrent_sequences", Model(a, outputs), x, h5=True)

a, b = Input((STEPS, FEATURES)), Input((4, 2))
sequence, state, cell = L.LSTM(3, return_sequences=True, return_state=True)(a)
decoded = L.LSTM(3, return_sequences=True)(b, initial_state=[state, cell])
repeated = L.TimeDistributed(L.Dense(2))(L.GRU(2, return_sequences=True)(L.RepeatVector(3)(state)))
model = Model([a, b], [sequence, state, cell, decoded, repeated])
write("keras3_recurrent_states", model, [x, rng.normal(0, 1, (4, 4, 2)).astype(np.float32)])

masked = x.copy()
for event in range(4):
    masked[event, 2 + event :] = 0
masked[0, 0] = 0
a = Input((STEPS, FEATURES))
h = L.LSTM(3, return_sequences=True)(L.Masking()(a))
outputs = [L.GRU(2)(h), L.Bidirectional(L.SimpleRNN(2, return_sequences=True))(h)]
write("keras3_recurrent_masks", Model(a, outputs), masked)
