"""Writes what Keras 2.15 and tensorflow-model-optimization make of operators between layers and of pruning: python make_operators.py

keras2_operators.h5: TensorFlow's functions on tensors. keras2_pruned.keras, .h5: layers that pruning has wrapped.
Each with NAME.inputs.npy and NAME.outputs.npy.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tensorflow_model_optimization.sparsity.keras import prune_low_magnitude

L = tf.keras.layers
random = np.random.default_rng(3)


def save(name, model, suffixes):
    for layer in model.layers:
        for weight in layer.weights:
            if "kernel" in weight.name or "bias" in weight.name or "gamma" in weight.name:
                weight.assign(random.normal(0, 0.5, weight.shape))
    x = random.normal(0, 1, (4,) + model.input_shape[1:]).astype(np.float32)
    for suffix in suffixes:
        model.save(name + suffix)
    y = model(x, training=False)
    outputs = y if isinstance(y, list) else [y]
    np.save(name + ".inputs.npy", x.reshape(4, -1))
    np.save(name + ".outputs.npy", np.concatenate([np.asarray(y).reshape(4, -1) for y in outputs], axis=1))


def operators():
    i = L.Input([12])
    a, b = i[:, :4], i[:, 4:]
    c = tf.concat([L.Dense(4, activation="relu")(a) * 2.0 + 0.5, tf.nn.relu(L.Dense(4)(b))], axis=-1)
    d = tf.reshape(c, (-1, 4, 2))
    outputs = [
        tf.math.sigmoid(L.Dense(3)(tf.reduce_max(d, axis=1))), tf.reduce_sum(tf.square(c), axis=-1, keepdims=True),
        tf.reduce_mean(d, axis=[1, 2], keepdims=True)[:, 0], tf.reduce_min(d, axis=2),
    ]
    return tf.keras.Model(i, outputs)


def pruned():
    return tf.keras.Sequential([
        prune_low_magnitude(L.Dense(5, activation="relu"), input_shape=(6,)), L.BatchNormalization(),
        prune_low_magnitude(L.Dense(4)), L.Dense(2),
    ])


save("keras2_operators", operators(), [".h5"])
save("keras2_pruned", pruned(), [".keras", ".h5"])
