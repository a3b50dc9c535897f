"""Makes a network of the first HGQ's own layers, with HGQ 0.2.4 and TensorFlow 2.15: python make_hgq1.py"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import numpy as np
import tensorflow as tf
from HGQ import get_default_kq_conf, get_default_paq_conf
from HGQ.layers import *

tf.keras.utils.set_random_seed(3)
random = np.random.default_rng(3)


def rounding(strategy, **more):
    return {**get_default_paq_conf(), "rnd_strategy": strategy, **more}


floor_kernel = {**get_default_kq_conf(), "rnd_strategy": "floor"}
x = tf.keras.Input((8, 2), name="x")
q = HQuantize(name="q")(x)
a = HConv1D(3, 3, padding="same", activation="relu", paq_conf=rounding("auto"), name="a")(q)
b = HConv1DBatchNorm(3, 3, padding="same", kq_conf=floor_kernel, paq_conf=rounding("floor"), name="b")(q)
c = HAdd(paq_conf=rounding("floor"), name="c")([a, b])
c = PMaxPooling1D(2, name="pool")(c)
d = HDense(4, use_bias=False, paq_conf=rounding("auto", skip_dims="except_last"), name="d")(c)
e = HDense(4, activation="relu", paq_conf=rounding("auto", skip_dims="all"), name="e")(c)
f = PFlatten(name="flat")(PConcatenate(name="join")([d, e]))
g = HDenseBatchNorm(4, activation="relu", name="g")(f)
h = HActivation("tanh", paq_conf=rounding("auto"), name="h")(HDense(3, name="last")(g))
model = tf.keras.Model(x, h)
events = random.integers(-256, 256, (40, 8, 2)).astype(np.float32) / 64
model(events)
for w in model.weights:
    name = w.name.split("/")[-1].split(":")[0]
    if name in ("kernel_bw", "activation_bw"):
        w.assign(random.uniform(0.5, 4.5, w.shape))
    elif name in ("bn_gamma", "moving_variance"):
        w.assign(random.uniform(0.5, 2, w.shape))
    elif name in ("bias", "bn_beta", "moving_mean"):
        w.assign(random.normal(0, 0.5, w.shape))
    elif name == "kernel":
        w.assign(random.normal(0, 0.5, w.shape))
outputs = np.asarray(model(events))
model.save("hgq1_layers.h5")
np.save("hgq1_layers.inputs.npy", events.reshape(40, -1))
np.save("hgq1_layers.outputs.npy", outputs.reshape(40, -1))
print(len(np.unique(outputs)), outputs.std())
