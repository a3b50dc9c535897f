"""Particle networks as HGQ2 trains them for triggers: attention, linear attention and an MLP mixer, five classes.

usage: make_hgq2.py FOLDER [NAME…]     (pip install 'hgq2==0.2.*' jax; some minutes, single networks by NAME)
Writes NAME.keras, NAME_x.npy (64 events, flattened) and NAME_y.npy (what Keras makes of them). Seeds are fixed; trained numbers may
still differ between machines.
"""
import os
import sys

os.environ.setdefault('KERAS_BACKEND', 'jax')
import keras
import numpy as np
from hgq.config import LayerConfigScope, QuantizerConfig, QuantizerConfigScope
from hgq.layers import QAdd, QDense, QEinsumDense, QLinformerAttention, QMultiHeadAttention, QSum
from hgq.utils import trace_minmax

CLASSES = 5
EVENTS = 64
BATCH = 128


def jets(count, particles, features, seed):
    """Jets of one to three prongs: particles in falling pT with angles around the prongs, and derived features up to `features`."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, CLASSES, count)
    prongs = np.array([1, 1, 2, 2, 3])[label]
    opening = np.array([0.05, 0.15, 0.2, 0.3, 0.35])[label]
    axes = rng.normal(0, opening[:, None, None], (count, 3, 2))
    prong = rng.integers(0, 3, (count, particles)) % prongs[:, None]
    steepness = np.array([1.1, 0.6, 0.8, 0.7, 0.5])[label]
    pt = -np.sort(-rng.exponential(1, (count, particles)) ** (1 / steepness[:, None]), axis=1)
    pt /= pt.sum(axis=1, keepdims=True)
    spread = 0.02 + 0.05 * np.exp(-20 * pt)
    angles = np.take_along_axis(axes, prong[..., None], axis=1) + rng.normal(0, 1, (count, particles, 2)) * spread[..., None]
    angles -= (angles * pt[..., None]).sum(axis=1, keepdims=True)
    columns = [4 * pt, 4 * angles[..., 0], 4 * angles[..., 1]]
    radius = np.hypot(angles[..., 0], angles[..., 1])
    columns += [np.log(pt + 1e-3) / 4, 4 * radius, 20 * pt * radius, 40 * pt * angles[..., 0], 40 * pt * angles[..., 1]]
    columns += [rng.normal(0, 1, (count, particles)) + 0.3 * column for column in columns]
    return np.stack(columns[:features], axis=-1).astype('float32'), label


def pooled(x, hidden):
    """A sum over particles and two dense layers."""
    x = QSum(axes=1, keepdims=False, scale=1 / 8)(x)
    x = QDense(hidden, activation='relu')(x)
    return QDense(CLASSES)(x)


def per_particle(particles, units, activation=None):
    return QEinsumDense('bnc,cd->bnd', (particles, units), bias_axes='d', activation=activation)


def over_particles(particles, units, activation=None):
    return QEinsumDense('bnc,nm->bmc', (particles, units), bias_axes='m', activation=activation)


def attention(particles, features, layer):
    x = keras.Input((particles, features))
    y = per_particle(particles, 16, 'relu')(x)
    y = QAdd()([y, layer(y, y)])
    y = per_particle(particles, 16, 'relu')(y)
    return keras.Model(x, pooled(y, 16))


def heads_attention():
    return attention(8, 3, QMultiHeadAttention(num_heads=4, key_dim=4))


def linear_attention():
    return attention(16, 3, QLinformerAttention(num_heads=4, lin_kv_proj_dim=4, key_dim=4))


def mixer(particles=64, features=16):
    """Features, then particles, then features again, each with a connection around it."""
    x = keras.Input((particles, features))
    y = per_particle(particles, features, 'relu')(x)
    y = per_particle(particles, features, 'relu')(y)
    z = over_particles(particles, features, 'relu')(y)
    z = over_particles(particles, features, 'relu')(z)
    y = QAdd()([y, z])
    z = per_particle(particles, features, 'relu')(y)
    y = QAdd()([y, z])
    return keras.Model(x, pooled(y, features))


# By name: the network, particles, features, bits of an activation with its sign, price of a bit operation.
NETWORKS = {
    'attention_7': (heads_attention, 8, 3, 7, 3e-7),
    'attention_10': (heads_attention, 8, 3, 10, 3e-7),
    'linear_7': (linear_attention, 16, 3, 7, 3e-7),
    'linear_10': (linear_attention, 16, 3, 10, 3e-7),
    'mixer_7': (mixer, 64, 16, 7, 1.5e-6),
}


def trained(name, epochs=12, count=16384):
    """The network `name`, trained, and its events."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    build, particles, features, bits, price = NETWORKS[name]
    inputs, labels = jets(count + EVENTS, particles, features, seed=7)
    widths = QuantizerConfigScope(place='datalane', default_q_type='kif', k0=1, i0=2, f0=bits - 3, trainable=False)
    weights = QuantizerConfigScope(place='weight', b0=5, i0=1)
    with widths, weights, LayerConfigScope(enable_ebops=True, beta0=price):
        model = build()
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(6e-3, epochs * count // BATCH)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=['accuracy'],
    )
    history = model.fit(inputs[:count], labels[:count], batch_size=BATCH, epochs=epochs, verbose=0)
    bit_operations = trace_minmax(model, inputs)
    print(f'{name}: accuracy {history.history["accuracy"][-1]:.3f}, {bit_operations:,.0f} bit operations', flush=True)
    return model, inputs[count:]


def main(folder, names):
    os.makedirs(folder, exist_ok=True)
    for name in names or NETWORKS:
        model, events = trained(name)
        outputs = np.asarray(model.predict(events, verbose=0))
        model.save(f'{folder}/{name}.keras')
        np.save(f'{folder}/{name}_x.npy', events.reshape(EVENTS, -1))
        np.save(f'{folder}/{name}_y.npy', outputs)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
