"""Makes the frozen graphs of this folder, with TensorFlow 2.15 (and its Keras 2): python make.py

Each NAME.pb comes with NAME.inputs.npy and NAME.outputs.npy, what TensorFlow computes of it (several outputs side by side).
"""

import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

tf1 = tf.compat.v1


def save(name, graph_def, x, outputs):
    for node in graph_def.node:  # where it was made is of no interest
        for attribute in ("_output_shapes", "_class", "shared_name"):
            if attribute in node.attr:
                del node.attr[attribute]
    with open(name + ".pb", "wb") as file:
        file.write(graph_def.SerializeToString())
    np.save(name + ".inputs.npy", x.astype(np.float32))
    flat = [np.asarray(y, np.float32).reshape(len(x), -1) for y in outputs]
    np.save(name + ".outputs.npy", np.concatenate(flat, axis=1))


def randomise(model, seed=1):
    """Weights that leave no part of a layer idle, those of normalisations too."""
    random = np.random.default_rng(seed)
    for layer in model.layers:
        weights = [random.normal(0, 0.5, w.shape) for w in layer.get_weights()]
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            weights[-1] = np.abs(weights[-1]) + 0.3
        layer.set_weights(weights)


def freeze_v2(name, model, shape, seed=2):
    """As TensorFlow 2 freezes a Keras model."""
    randomise(model)
    x = np.random.default_rng(seed).normal(0, 1, [20] + shape).astype(np.float32)
    function = tf.function(lambda x: model(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec([None] + shape, tf.float32, name="x"))
    frozen = convert_variables_to_constants_v2(concrete)
    outputs = model(x, training=False)
    save(name, frozen.graph.as_graph_def(), x, outputs if isinstance(outputs, list) else [outputs])


def freeze_v1(name, build, shape, feed=None, seed=3):
    """As TensorFlow 1 freezes the graph of a session. `build` makes outputs of a placeholder."""
    with tf1.Graph().as_default() as graph, tf1.Session(graph=graph) as session:
        x = tf1.placeholder(tf.float32, [None] + shape, name="x")
        outputs = build(x)
        session.run(tf1.global_variables_initializer())
        random = np.random.default_rng(seed)
        for variable in tf1.global_variables():
            value = random.normal(0, 0.5, variable.shape)
            if "variance" in variable.name:
                value = np.abs(value) + 0.3
            session.run(tf1.assign(variable, value.astype(np.float32)))
        data = random.normal(0, 1, [20] + shape).astype(np.float32)
        values = session.run(outputs, {x: data, **(feed() if feed else {})})
        frozen = tf1.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), [y.op.name for y in outputs]
        )
        save(name, frozen, data, values)


L = tf.keras.layers


def dense():
    model = tf.keras.Sequential([
        L.Input([6]), L.Dense(5), L.BatchNormalization(), L.ReLU(), L.Dense(4, activation="elu"), L.Dropout(0.5),
        L.Dense(4, activation="selu"), L.Dense(3, activation="tanh"), L.LeakyReLU(0.125), L.Dense(3, activation="softmax"),
    ])
    freeze_v2("dense", model, [6])


def images():
    i = L.Input([7, 6, 2])
    a = L.Conv2D(3, (3, 2), strides=(2, 1), padding="same", activation="relu")(i)
    a = L.BatchNormalization()(a)
    a = L.DepthwiseConv2D(2, depth_multiplier=2, activation=tf.nn.relu6)(a)
    b = L.MaxPooling2D(2, strides=1, padding="same")(a)
    c = L.AveragePooling2D(2, strides=1, padding="same")(a)
    d = L.Concatenate()([b, c])
    d = L.Activation("sigmoid")(d)
    e = L.ZeroPadding2D(((1, 0), (0, 1)))(d)
    e = L.Conv2D(2, 2, dilation_rate=(2, 1))(e)
    model = tf.keras.Model(i, [L.Dense(3)(L.Flatten()(e)), L.GlobalAveragePooling2D()(d)])
    freeze_v2("images", model, [7, 6, 2])


def sequences():
    i = L.Input([5, 3])
    a = L.Dense(4, activation="relu")(i)  # multiplies along the last axis
    b = L.Conv1D(4, 3, padding="same", activation="softplus")(a)
    c = L.Add()([a, b])
    d = L.Permute((2, 1))(c)
    e = L.Reshape([10, 2])(d)
    f = L.Dense(2)(e)
    model = tf.keras.Model(i, L.Dense(2)(L.Flatten()(f)))
    freeze_v2("sequences", model, [5, 3])


def operators():
    """What TensorFlow 1 writes where nobody uses Keras."""

    def build(x):
        weights = tf1.get_variable("w", [6, 4])
        bias = tf1.get_variable("b", [4])
        mean, variance = tf1.get_variable("mean", [4]), tf1.get_variable("variance", [4])
        scale, offset = tf1.get_variable("scale", [4]), tf1.get_variable("offset", [4])
        a = tf1.nn.bias_add(tf.matmul(x, weights), bias)
        a = tf.nn.relu(tf.nn.batch_normalization(a, mean, variance, offset, scale, 1e-3))
        keep = tf1.placeholder_with_default(1.0, [], name="keep_prob")
        a = tf1.nn.dropout(a, keep_prob=keep)
        first, last = a[:, 0:2], a[..., -2:]
        column = a[:, 1]
        b = tf.concat([first * 2.0 - last, tf.stack([column, column / 4.0], axis=1)], axis=1)
        c = tf.matmul(b, tf1.get_variable("v", [6, 4]), transpose_b=True)
        c = tf.maximum(tf.square(c) - 1.0, 0.0)
        d, e = tf.split(tf.reshape(c, [-1, 3, 2]), 2, axis=2)
        d = tf.squeeze(d, [2]) + tf.reduce_mean(e, axis=2)
        d = tf.pad(tf.transpose(tf.expand_dims(d, 2), [0, 2, 1]), [[0, 0], [0, 0], [1, 0]])
        return [tf.identity(tf.nn.softsign(d), name="out"), tf.reduce_sum(c, axis=1, keepdims=True)]

    freeze_v1("operators", build, [6])


def learning_phase():
    """As Keras wrote it in TensorFlow 1: normalisation and dropout choose their branch by a placeholder."""

    def build(x):
        phase = tf1.placeholder_with_default(False, [], name="keras_learning_phase")
        a = tf.matmul(x, tf1.get_variable("kernel", [4, 5]))
        parameters = [tf1.get_variable(n, [5]) for n in ["gamma", "beta", "mean", "variance"]]
        gamma, beta, mean, variance = parameters

        def trained():
            m, v = tf.nn.moments(a, [0])
            return tf.nn.batch_normalization(a, m, v, beta, gamma, 1e-3)

        a = tf1.cond(phase, trained, lambda: tf.nn.batch_normalization(a, mean, variance, beta, gamma, 1e-3))
        b = tf.nn.relu(a)
        b = tf1.cond(phase, lambda: tf.nn.dropout(b, rate=0.25), lambda: tf.identity(b))
        return [tf.sigmoid(tf.matmul(b, tf1.get_variable("out", [5, 2])))]

    tf1.disable_control_flow_v2()
    freeze_v1("learning_phase", build, [4])


def generators():
    """Transposed convolutions, what is taken apart, functions with gradients of their own, normalised vectors."""
    i = L.Input([4, 3, 2])
    a = L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="swish")(i)
    b = L.Conv2DTranspose(2, (1, 2), strides=(2, 1))(a)
    c = L.LayerNormalization()(L.GlobalAveragePooling2D()(a))
    d = tf.add_n(tf.unstack(b, axis=1)[:3])
    model = tf.keras.Model(i, [L.Flatten()(d), c, L.Conv2DTranspose(1, 2, strides=3)(i)])
    freeze_v2("generators", model, [4, 3, 2])


def unrolled():
    """Recurrences without loops, whose sequences have their steps first."""
    i = L.Input([5, 3])
    a = L.LSTM(3, unroll=True, return_sequences=True)(i)
    b = L.GRU(2, unroll=True)(a)
    c = L.GRU(2, unroll=True, return_sequences=True, go_backwards=True)(i)
    model = tf.keras.Model(i, [L.Dense(3, activation=tf.nn.log_softmax)(b), L.Flatten()(c)])
    freeze_v2("unrolled", model, [5, 3])


if __name__ == "__main__":
    for make in [dense, images, sequences, operators, learning_phase, generators, unrolled]:
        tf.keras.backend.clear_session()
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            make()
