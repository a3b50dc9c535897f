"""Writes one small network as six frameworks and exporters write it.

    python make.py keras2    with TensorFlow 2.15: same.h5 (Keras 2), same.pb (frozen graph)
    python make.py keras3    with Keras 3 on PyTorch: same.keras
    python make.py pytorch   with PyTorch 2.15: same_torchscript.onnx, same_dynamo.onnx, same.pt2
"""

import json
import os
import pathlib
import sys
import zipfile

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
random = np.random.default_rng(7)
WIDTHS = [6, 8, 5, 3]
KERNELS = [random.normal(0, 0.6, (a, b)).astype(np.float32) for a, b in zip(WIDTHS, WIDTHS[1:])]
BIASES = [random.normal(0, 0.5, b).astype(np.float32) for b in WIDTHS[1:]]
GAMMA, BETA, MEAN = [random.normal(0.5, 0.5, 8).astype(np.float32) for _ in range(3)]
VARIANCE = random.uniform(0.3, 2, 8).astype(np.float32)


def keras_model(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input([6], name="x"),
            layers.Dense(8, name="fc1"),
            layers.BatchNormalization(epsilon=1e-3, name="bn"),
            layers.ReLU(name="relu1"),
            layers.Dense(5, activation="relu", name="fc2"),
            layers.Dense(3, name="out"),
        ]
    )
    weights = [KERNELS[0], BIASES[0], GAMMA, BETA, MEAN, VARIANCE, KERNELS[1], BIASES[1], KERNELS[2], BIASES[2]]
    for variable, value in zip([w for layer in model.layers for w in layer.weights], weights):
        variable.assign(value)
    return model


def keras2():
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = keras_model(tf.keras)
    model.save("same.h5", include_optimizer=False)
    function = tf.function(lambda x: model(x, training=False))
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(tf.TensorSpec([None, 6], tf.float32, name="x")))
    with open("same.pb", "wb") as file:
        file.write(frozen.graph.as_graph_def().SerializeToString())


def keras3():
    import keras

    keras_model(keras).save("same.keras")


def pytorch():
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8, eps=1e-3), nn.ReLU(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3)
    ).eval()
    with torch.no_grad():
        for layer, kernel, bias in zip([model[0], model[3], model[5]], KERNELS, BIASES):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))
        for tensor, value in zip([model[1].weight, model[1].bias, model[1].running_mean, model[1].running_var],
                                 [GAMMA, BETA, MEAN, VARIANCE]):
            tensor.copy_(torch.from_numpy(value))
    x = torch.zeros(2, 6)
    torch.onnx.export(model, (x,), "same_torchscript.onnx", dynamo=False, input_names=["x"], opset_version=17,
                      dynamic_axes={"x": {0: "batch"}})
    batch = {0: torch.export.Dim("batch")}
    torch.onnx.export(model, (x,), "same_dynamo.onnx", dynamo=True, external_data=False, dynamic_shapes=(batch,))
    torch.export.save(torch.export.export(model, (x,), dynamic_shapes=(batch,)), "same.pt2")
    strip()


def strip():
    """Takes out what tells of the machine: stack traces, example inputs."""
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
    from portable_onnx import strip as strip_onnx

    for name in ["same_torchscript.onnx", "same_dynamo.onnx"]:
        strip_onnx(name)
    with zipfile.ZipFile("same.pt2") as archive:
        entries = [(i.filename, archive.read(i)) for i in archive.infolist() if "sample_inputs" not in i.filename]
    with zipfile.ZipFile("same.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in entries:
            if name.endswith("models/model.json"):
                program = json.loads(contents)
                for node in program["graph_module"]["graph"]["nodes"]:
                    node["metadata"] = {k: v for k, v in node["metadata"].items() if k == "nn_module_stack"}
                contents = json.dumps(program, separators=(",", ":")).encode()
            archive.writestr(zipfile.ZipInfo(name), contents, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    {"keras2": keras2, "keras3": keras3, "pytorch": pytorch}[sys.argv[1]]()
