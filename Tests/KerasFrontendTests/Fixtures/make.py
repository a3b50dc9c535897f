"""Writes the Keras files that the tests read, and for each the float outputs of Keras itself.

Run in a fresh folder:  pip install tensorflow-cpu keras tf_keras;  python make.py
Keras 3 files come from keras, Keras 2 files from tf_keras.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "0"

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))


def randomise(model):
    """Weights on a coarse grid: they survive any float format and shrink well."""
    rng = np.random.default_rng(7)
    values = []
    for w in model.weights:
        path = getattr(w, "path", w.name)
        v = np.round(rng.normal(size=tuple(w.shape)) * 32) / 32
        values.append(np.abs(v) + 0.25 if "variance" in path else v)
    model.set_weights(values)


def save(model, name, keras3, formats):
    randomise(model)
    path = lambda end: os.path.join(FOLDER, name + end)
    if "keras" in formats:
        model.save(path(".keras"))
    if "h5" in formats:
        model.save(path(".h5"))
    if "json" in formats:
        open(path(".json"), "w").write(model.to_json())
        # tf_keras writes the layout of Keras 2 under the one name and that of Keras 3 under the other.
        model.save_weights(path(".weights.h5" if keras3 else "_weights.h5"))
    rng = np.random.default_rng(11)
    inputs = [np.round(rng.normal(size=(4,) + tuple(i.shape[1:])) * 16).astype("float32") / 16 for i in model.inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    flat = lambda arrays: np.concatenate([np.asarray(a, "float64").reshape(4, -1) for a in arrays], axis=1)
    np.save(path(".inputs.npy"), flat(inputs))
    np.save(path(".outputs.npy"), flat(outputs))


def functional(k, three):
    """Shared layers, a nested functional and a nested sequential model, two inputs, two outputs, joins."""
    L = k.layers
    inner_in = L.Input((6,), name="inner_in")
    inner_x = L.Dense(5, activation="relu", name="inner_dense")(inner_in)
    inner_x = L.BatchNormalization(name="inner_bn")(inner_x)
    inner = k.Model(inner_in, L.Dense(6, name="inner_out")(inner_x), name="inner")
    tail = k.Sequential([L.Input((6,)), L.Dense(4, activation="tanh", name="t1"), L.Dense(3, name="t2")], name="tail")
    a = L.Input((6,), name="a")
    b = L.Input((6,), name="b")
    shared = L.Dense(6, activation="sigmoid", name="shared")
    sa, sb = shared(a), shared(b)
    joined = L.Add(name="sum")([sa, sb, inner(a)])
    again = L.Subtract(name="difference")([inner(b), sa])
    both = L.Concatenate(name="both")([tail(joined), tail(again), L.Dropout(0.5)(sb)])
    first = L.Dense(2, activation="softmax", name="first")(both)
    second = L.Maximum(name="second")([joined, joined * again - again if three else again])
    return k.Model([a, b], [first, second], name="branches")


def activations(k, three):
    """Every activation, as a layer and as a string."""
    L = k.layers
    x = L.Input((7,), name="x")
    slope = "negative_slope" if three else "alpha"
    names = ["relu", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh", "softplus", "softsign", "softmax", "linear"]
    names += ["relu6", "leaky_relu"] if three else []
    outs = [L.Activation(n, name="a_" + n)(x) for n in names]
    outs.append(L.ReLU(max_value=2.0, negative_slope=0.25, threshold=0.5, name="l_relu")(x))
    outs.append(L.LeakyReLU(**{slope: 0.125}, name="l_leaky")(x))
    outs.append(L.PReLU(name="l_prelu")(x))
    outs.append(L.ELU(alpha=0.5, name="l_elu")(x))
    outs.append(L.Softmax(name="l_softmax")(x))
    if not three:
        outs.append(L.ThresholdedReLU(theta=0.75, name="l_threshold")(x))
    return k.Model(x, L.Concatenate(name="all")(outs), name="activations")


def shapes(k):
    """Dense over the last axis of a matrix, batch normalisation without scale, reshape, flatten, a join on an inner axis."""
    L = k.layers
    x = L.Input((4, 3), name="x")
    d = L.Dense(5, use_bias=False, name="per_row")(x)
    n = L.BatchNormalization(scale=False, name="norm")(d)
    p = L.PReLU(shared_axes=[1], name="prelu")(n)
    j = L.Concatenate(axis=1, name="rows")([p, d])
    r = L.Reshape((-1, 8), name="fold")(j)
    s = L.Softmax(axis=1, name="soft")(r)
    return k.Model(x, L.Dense(2, name="out")(L.Flatten(name="flat")(s)), name="shapes")


def sequential(k):
    L = k.layers
    return k.Sequential(
        [
            L.Input((5,), name="x"),
            L.GaussianNoise(0.1),
            L.Dense(6, activation="relu"),
            L.Dense(6, activation=k.activations.elu),
            L.BatchNormalization(center=False),
            L.Dense(3, activation="softmax"),
        ],
        name="chain",
    )


def number_formats(k):
    """One layer, its kernel in every float format, compressed, and with a NaN."""
    import h5py

    model = k.Sequential([k.layers.Input((2,), name="x"), k.layers.Dense(3, name="d")])
    open(os.path.join(FOLDER, "one_layer.json"), "w").write(model.to_json())
    kernel = np.array([[0.5, -1.25, 3.0], [0.0, 2.0, -0.125]])
    bad = kernel.copy()
    bad[1, 2] = np.nan
    cases = {
        "f2": kernel.astype("f2"), "f4": kernel.astype("f4"), "f8": kernel.astype("f8"), "big": kernel.astype(">f4"),
        "int": (kernel * 8).astype("i4"), "nan": bad.astype("f4"), "shape": kernel.T.astype("f4"),
        "packed": kernel.astype("f4"), "long": kernel.astype("longdouble"),
    }
    for name, values in cases.items():
        with h5py.File(os.path.join(FOLDER, f"one_layer_{name}.h5"), "w", libver="latest") as f:
            f.attrs["layer_names"] = [b"x", b"d"]
            f.create_group("x").attrs["weight_names"] = []
            g = f.create_group("d")
            g.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
            packing = {"compression": "gzip", "chunks": (1, 3), "shuffle": True} if name == "packed" else {}
            g.create_dataset("d/kernel:0", data=values, **packing)
            g.create_dataset("d/bias:0", data=np.array([1.0, 2.0, 3.0], "f4"))
    with h5py.File(os.path.join(FOLDER, "one_layer_linked.h5"), "w") as f:
        f.attrs["layer_names"] = [b"x", b"d"]
        g = f.create_group("d")
        g.attrs["weight_names"] = [b"kernel", b"bias"]
        g["kernel"] = h5py.ExternalLink("one_layer_f4.h5", "/d/d/kernel:0")
        g["bias"] = np.array([1.0, 2.0, 3.0], "f4")


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "2":
        import tf_keras as k

        save(functional(k, False), "keras2_branches", False, ["json", "h5", "keras"])
        save(activations(k, False), "keras2_activations", False, ["h5"])
        save(shapes(k), "keras2_shapes", False, ["json"])
        save(sequential(k), "keras2_chain", False, ["h5"])
    else:
        import keras as k

        save(functional(k, True), "keras3_branches", True, ["json", "h5", "keras"])
        save(activations(k, True), "keras3_activations", True, ["keras"])
        save(shapes(k), "keras3_shapes", True, ["keras"])
        save(sequential(k), "keras3_chain", True, ["h5", "keras"])
        number_formats(k)


main()
