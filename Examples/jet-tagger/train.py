#!/usr/bin/env python3
"""Trains the jet tagger of this example and writes the files beside this script.

Requirements: Python 3.11 or newer, numpy, keras 3 and one of its backends, for example

    python3 -m venv venv && venv/bin/pip install "numpy==2.4.*" "keras==3.15.*" "jax==0.10.*"
    KERAS_BACKEND=jax venv/bin/python train.py

The jets are synthetic: no detector, no generator, no data set. For each of the five classes (gluon, light quark, W, Z,
top) a handful of hidden quantities is drawn -- a mass, a number of prongs, how much the jet radiates -- and sixteen
observables of the kind used in jet substructure are computed from them with noise. Observables of one jet are therefore
correlated, and the classes overlap: W and Z by their masses, quarks and gluons by their radiation.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from pathlib import Path

import keras
import numpy as np

SEED = 20260
CLASSES = ["g", "q", "W", "Z", "t"]
FEATURES = [
    "mass", "soft_drop_mass", "multiplicity", "zlogz", "pt_dispersion", "girth", "tau21", "tau32",
    "c1_b1", "c2_b1", "d2_b1", "m2_b1", "n2_b1", "n3_b1", "subjet_dr", "max_subjet_fraction",
]  # fmt: skip

#           g     q     W     Z     t
MASS = [58.0, 38.0, 80.4, 91.2, 172.0]  # where the mass peaks or, for q and g, its scale, GeV
PRONGS = [1.0, 1.0, 2.0, 2.0, 3.0]
RADIATION = [3.0, 4.0 / 3.0, 1.15, 1.2, 1.7]  # colour factor, or what stands in for it


def hidden_quantities(labels, rng):
    """Mass, prongs and radiation of every jet, with detector-like smearing."""
    n = len(labels)
    resonant = np.array(PRONGS)[labels] > 1
    peak = np.array(MASS)[labels]
    qcd_mass = peak * rng.gamma(2.6, 1 / 2.6, n)
    resonance_mass = peak * (1 + 0.078 * rng.standard_normal(n))
    # Part of the decay products leave the cone: a low tail, as in real boosted jets.
    lost = rng.random(n) < 0.10
    resonance_mass = np.where(lost, resonance_mass * rng.uniform(0.3, 0.9, n), resonance_mass)
    mass = np.where(resonant, resonance_mass, qcd_mass)
    prongs = np.where(resonant & lost, np.maximum(np.array(PRONGS)[labels] - 1, 1), np.array(PRONGS)[labels])
    # A quark or gluon splits hard sometimes and then looks like a two-prong jet.
    prongs = np.where(~resonant & (rng.random(n) < 0.16), 2.0, prongs)
    radiation = np.array(RADIATION)[labels] * rng.lognormal(0.0, 0.42, n)
    return mass, prongs, radiation


def observables(labels, rng):
    """The sixteen features, one row per jet."""
    n = len(labels)
    mass, prongs, radiation = hidden_quantities(labels, rng)
    pt = rng.normal(1.0, 0.05, n)
    noise = lambda width: width * rng.standard_normal(n)
    multiplicity = 18 + 11 * radiation + 7 * (prongs - 1) + noise(5.0)
    opening = 2 * mass / (1000 * pt)
    soft_drop = mass * (1 - 0.09 * radiation * rng.random(n)) + noise(2.5)
    tau21 = np.clip(0.78 - 0.24 * (prongs >= 2) + 0.035 * radiation + noise(0.085), 0.02, 1.2)
    tau32 = np.clip(0.76 - 0.21 * (prongs >= 3) + 0.025 * radiation + noise(0.085), 0.02, 1.2)
    c1 = 0.12 * radiation + 1.6 * opening + noise(0.06)
    c2 = 0.10 + 0.06 * radiation + 0.05 * (prongs >= 3) - 0.05 * (prongs == 2) + noise(0.03)
    d2 = np.exp(0.9 - 0.55 * (prongs == 2) + 0.10 * radiation + noise(0.25))
    m2 = 0.10 - 0.04 * (prongs >= 2) + 0.4 * opening + noise(0.02)
    n2 = 0.35 - 0.09 * (prongs == 2) + 0.02 * radiation + noise(0.05)
    n3 = 2.0 - 0.5 * (prongs >= 3) + 0.12 * radiation + noise(0.28)
    zlogz = -(1.2 + 0.45 * np.log(np.maximum(multiplicity, 3)) + 0.10 * (prongs - 1) + noise(0.14))
    dispersion = np.clip(0.62 - 0.075 * radiation - 0.03 * (prongs - 1) + noise(0.05), 0.05, 1)
    girth = 0.5 * opening + 0.018 * radiation + noise(0.02)
    subjet_dr = np.where(prongs >= 2, opening * rng.lognormal(0.05, 0.15, n), 0.4 * rng.random(n) * (0.5 + opening))
    fraction = np.clip(1.0 / prongs + 0.30 * rng.random(n) + noise(0.04), 0.2, 1.0)
    return np.stack(
        [
            np.log(mass + 5), np.log(np.maximum(soft_drop, 1) + 5), multiplicity, zlogz, dispersion, girth, tau21, tau32,
            c1, c2, d2, m2, n2, n3, subjet_dr, fraction,
        ],
        axis=1,
    )  # fmt: skip


def network():
    return keras.Sequential(
        [
            keras.Input((16,), name="jet"),
            keras.layers.Dense(64, activation="relu", name="fc1"),
            keras.layers.Dense(32, activation="relu", name="fc2"),
            keras.layers.Dense(32, activation="relu", name="fc3"),
            keras.layers.Dense(5, activation="softmax", name="classes"),
        ],
        name="jet_tagger",
    )


def main():
    here = Path(__file__).parent
    rng = np.random.default_rng(SEED)
    keras.utils.set_random_seed(SEED)
    train_labels = rng.integers(0, 5, 120_000)
    test_labels = rng.integers(0, 5, 2_000)
    train, test = observables(train_labels, rng), observables(test_labels, rng)
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train = ((train - mean) / deviation).astype(np.float32)
    test = ((test - mean) / deviation).astype(np.float32)

    model = network()
    steps = 30 * (len(train) * 9 // 10) // 512
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(train, train_labels, epochs=30, batch_size=512, validation_split=0.1, verbose=2)
    probabilities = model.predict(test, verbose=0)
    accuracy = np.mean(np.argmax(probabilities, axis=1) == test_labels)
    print(f"accuracy on {len(test)} test jets: {accuracy:.4f}")
    for i, name in enumerate(CLASSES):
        chosen = np.argmax(probabilities[test_labels == i], axis=1)
        print(name, np.bincount(chosen, minlength=5) / len(chosen))

    # Without the optimiser's state the file is a third of the size.
    bare = network()
    bare.set_weights(model.get_weights())
    bare.save(here / "jet-tagger.keras")
    np.save(here / "test-jets.npy", test)
    np.save(here / "test-labels.npy", test_labels.astype(np.int32))
    np.save(here / "calibration-jets.npy", train[:1_000])


if __name__ == "__main__":
    main()
