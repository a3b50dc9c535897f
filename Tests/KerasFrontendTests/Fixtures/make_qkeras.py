"""Writes what QKeras 0.9 (TensorFlow 2.15) computes with every quantiser: python make_qkeras.py

qkeras_activations.h5: one QActivation for each of ACTIVATIONS, side by side, on the same quantised input.
qkeras_kernels.h5: one QDense for each of KERNELS. qkeras_layers_N.h5: layers with folded normalisations, means, adaptive ranges.
Each with NAME.inputs.npy and NAME.outputs.npy.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from qkeras import *

L = tf.keras.layers
random = np.random.default_rng(5)
ACTIVATIONS = [
    "quantized_bits(6,2,alpha=1)", "quantized_bits(6,2,1,alpha=1)", "quantized_bits(6,0,keep_negative=False,alpha=1)",
    "quantized_bits(1,0,alpha=1)", "quantized_bits(4,4,alpha=1.0)", "quantized_bits(6,2,alpha=0.5)", "quantized_bits(6,2)",
    "quantized_relu(6,2)", "quantized_relu(6,2,use_sigmoid=1)", "quantized_relu(6,2,negative_slope=0.25)",
    "quantized_relu(6,2,is_quantized_clip=False,relu_upper_bound=2.5)", "quantized_relu(6,2,relu_upper_bound=2.5)",
    "quantized_relu(3)", "quantized_tanh(6)", "quantized_tanh(6,symmetric=True)", "quantized_sigmoid(6)",
    "quantized_sigmoid(6,symmetric=True)", "quantized_hswish(6,2,relu_shift=2,relu_upper_bound=4)", "quantized_ulaw(6,1)",
    "quantized_ulaw(5,0,symmetric=1,u=127.)", "quantized_po2(4)", "quantized_po2(4,max_value=2)",
    "quantized_po2(4,max_value=0.5)", "quantized_po2(4,quadratic_approximation=True)", "quantized_relu_po2(4)",
    "quantized_relu_po2(4,max_value=4)", "quantized_relu_po2(4,negative_slope=0.5)", "quantized_po2(4,log2_rounding='floor')",
    "quantized_relu_po2(4,quadratic_approximation=True)", "binary(alpha=1)", "binary(use_01=True,alpha=1)", "binary(alpha=0.5)",
    "ternary(alpha=1)", "ternary(alpha=1,threshold=0.5)", "stochastic_binary(alpha=1)", "stochastic_ternary(alpha=1)",
    "binary_tanh", "binary_sigmoid", "smooth_tanh", "smooth_sigmoid", "hard_tanh", "hard_sigmoid",
]
KERNELS = [
    "quantized_bits(4,0,alpha=1)", "quantized_bits(4,0,1,alpha=1)", "quantized_bits(4,1,alpha='auto')",
    "quantized_bits(4,1,alpha='auto_po2')", "quantized_bits(4,0)", "quantized_bits(1,0,alpha=1)",
    "quantized_bits(2,0,alpha='auto_po2')", "quantized_bits(8,0,alpha=0.5)", "quantized_bits(6,0,keep_negative=0,alpha=1)",
    "binary", "binary(alpha=1)", "binary(alpha='auto')", "binary(alpha='auto_po2')", "binary(use_01=1,alpha=1)", "ternary",
    "ternary(alpha=1)", "ternary(alpha='auto')", "ternary(alpha='auto_po2')", "ternary(alpha=1,threshold=0.2)",
    "stochastic_binary(alpha=1)", "stochastic_ternary(alpha='auto')", "stochastic_binary(alpha='auto_po2')",
    "quantized_po2(4)", "quantized_po2(4,max_value=1)", "quantized_po2(5,quadratic_approximation=True)",
    "quantized_relu_po2(4)", "quantized_tanh(4)", "quantized_sigmoid(4)", "quantized_ulaw(5,0)",
    "quantized_hswish(5,1,alpha=1)", "quantized_relu(5,1)",
]
INPUT = "quantized_bits(12,3,alpha=1)"


def save(name, model, x):
    model.save(name + ".h5", include_optimizer=False)
    np.save(name + ".inputs.npy", x.reshape(len(x), -1).astype(np.float32))
    np.save(name + ".outputs.npy", model(x, training=False).numpy().reshape(len(x), -1).astype(np.float32))


def randomise(layer):
    values = []
    for weight in layer.weights:
        value = random.normal(0, 0.6, weight.shape)
        if "iteration" in weight.name:
            value = weight.numpy()
        values.append(np.abs(value) + 0.3 if "variance" in weight.name else value)
    layer.set_weights(values)


def activations():
    i = L.Input([1])
    x = QActivation(INPUT, name="x")(i)
    outputs = [QActivation(a, name=f"a{n}")(x) for n, a in enumerate(ACTIVATIONS)]
    grid = np.concatenate([np.arange(-2048, 2048, 37) / 256, np.arange(-16, 17) / 256, np.arange(-64, 65, 3) / 16])
    save("qkeras_activations", tf.keras.Model(i, L.Concatenate()(outputs)), grid[:, None])


def kernels():
    i = L.Input([6])
    x = QActivation(INPUT, name="x")(i)
    layers = [
        QDense(3, kernel_quantizer=k, bias_quantizer="quantized_bits(8,2,alpha=1)", name=f"d{n}") for n, k in enumerate(KERNELS)
    ]
    model = tf.keras.Model(i, L.Concatenate()([layer(x) for layer in layers]))
    for layer in layers:
        randomise(layer)
    save("qkeras_kernels", model, np.concatenate([np.zeros([1, 6]), np.eye(6), random.integers(-64, 64, (6, 6)) / 16]))


def layers():
    kernel, bias = "quantized_bits(5,0,alpha=1)", "quantized_bits(8,2,alpha=1)"
    i = L.Input([6, 6, 2])
    x = QActivation(INPUT, name="x")(i)
    a = QConv2DBatchnorm(3, 2, kernel_quantizer=kernel, bias_quantizer=bias, folding_mode="ema_stats_folding", name="a")
    b = QDepthwiseConv2DBatchnorm(2, depthwise_quantizer=kernel, bias_quantizer=bias, name="b")
    c = QConv2DBatchnorm(2, 2, kernel_quantizer="quantized_bits(4,0,alpha='auto_po2')", bias_quantizer=bias, use_bias=False,
                         activation="quantized_relu(6,2)", name="c")
    d = QSeparableConv2D(2, 2, depthwise_quantizer=kernel, pointwise_quantizer="ternary(alpha=1)", bias_quantizer=bias, name="d")
    e = QAveragePooling2D(2, average_quantizer="quantized_bits(6,0,alpha=1)", activation="quantized_bits(6,3,alpha=1)", name="e")
    f = QGlobalAveragePooling2D(average_quantizer="quantized_bits(8,0,alpha=1)", activation="quantized_bits(8,3,alpha=1)", name="f")
    g, h = QAdaptiveActivation("quantized_relu", 6, name="g"), QAdaptiveActivation("quantized_bits", 6, name="h")
    parts = [a, b, c, d, e, f, g, h]
    flat = [L.Flatten()(layer(x)) if layer is not f else layer(x) for layer in parts]
    model = tf.keras.Model(i, L.Concatenate()(flat))
    for layer in parts[:4]:
        randomise(layer)
    for _ in range(40):
        g(random.normal(0, 60, (64, 6, 6, 2)).astype(np.float32), training=True)
        h(random.normal(0, 400, (64, 6, 6, 2)).astype(np.float32), training=True)
    x = random.integers(-64, 64, (4, 6, 6, 2)) / 16
    model(x, training=False)
    save("qkeras_layers", model, x)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    activations()
    kernels()
    layers()
