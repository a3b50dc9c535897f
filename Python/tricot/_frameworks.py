"""Models as the training frameworks hold them, turned into the files that Tricot reads."""

from __future__ import annotations

import io
import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import refusal

#: What the files are called by their kind; the first is the model.
Files = dict[str, bytes]


def files_of(model: Any, example: Any = None) -> Files:
    """A trained model as bytes, by the name of a file that would hold them.

    The kind is told by the modules of the object's classes, so that no framework is imported that is not in use.
    """
    modules = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "xgboost" in modules:
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return {"model.json": bytes(booster.save_raw(raw_format="json"))}
    if "lightgbm" in modules:
        booster = getattr(model, "booster_", model)
        return {"model.txt": booster.model_to_string().encode()}
    if "torch" in modules:
        return {"model.onnx": _torch(model, example)}
    if modules & {"keras", "tf_keras", "qkeras", "tensorflow"} and hasattr(model, "save"):
        return {"model.keras": _keras(model)}
    if "sklearn" in modules:
        return {"model.onnx": _sklearn(model, example)}
    if hasattr(model, "SerializeToString") and "onnx" in modules | {type(model).__module__.partition("_")[0]}:
        return {"model.onnx": model.SerializeToString()}
    raise refusal(
        "unknown-model",
        f"{type(model).__module__}.{type(model).__qualname__} is no model that Tricot knows",
        "give a path, or a model of Keras, PyTorch, ONNX, XGBoost, LightGBM or scikit-learn",
    )


def _keras(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        return Path(path).read_bytes()


def _torch(model: Any, example: Any) -> bytes:
    import torch

    if example is None:
        raise refusal("no-example", "a PyTorch module says nothing of its inputs", "give example=, a batch of them")
    tensors = example if isinstance(example, tuple) else (example,)
    arguments = tuple(
        part if isinstance(part, torch.Tensor) else torch.as_tensor(np.asarray(part, np.float32)) for part in tensors
    )
    was_training = model.training
    model.eval()
    try:
        buffer = io.BytesIO()
        with torch.no_grad(), warnings.catch_warnings():
            # Of what PyTorch means to do with this exporter.
            warnings.simplefilter("ignore", DeprecationWarning)
            names = [f"input_{index}" for index in range(len(arguments))]
            torch.onnx.export(
                model,
                arguments,
                buffer,
                input_names=names,
                dynamic_axes={name: {0: "events"} for name in names},
                # The exporter by tracing: it needs no packages beside PyTorch.
                dynamo=False,
            )
        return buffer.getvalue()
    finally:
        model.train(was_training)


def _sklearn(model: Any, example: Any) -> bytes:
    try:
        from skl2onnx import to_onnx
    except ImportError as error:
        raise refusal(
            "package-missing", "scikit-learn's models are read through their ONNX export", "pip install skl2onnx"
        ) from error
    if example is None:
        count = getattr(model, "n_features_in_", None)
        if count is None:
            raise refusal("no-example", "the estimator says nothing of its inputs", "fit it first, or give example=")
        example = np.zeros((1, count), np.float32)
    options = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
    content: bytes = to_onnx(model, np.asarray(example, np.float32)[:1], options=options).SerializeToString()
    return content


#: What names the model in a project of hls4ml's.
_MODEL_KEYS = ("KerasModel", "OnnxModel", "KerasJson", "KerasH5", "PytorchModel")


def hls4ml_project(project: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model that a project of hls4ml's names, or holds, and the project without it."""
    rest = {key: value for key, value in project.items() if key not in _MODEL_KEYS}
    named = [(key, project[key]) for key in _MODEL_KEYS if project.get(key) is not None]
    if not named:
        raise refusal("no-model", "the configuration names no model", f"add one of {', '.join(_MODEL_KEYS)}")
    return dict(named), rest


def configuration_text(config: Mapping[str, Any]) -> str:
    """A configuration of hls4ml's, or conifer's, as a document; JSON is YAML, too."""
    document: Mapping[str, Any] = config
    if "HLSConfig" not in config and ("Model" in config or "LayerName" in config or "LayerType" in config):
        document = {"HLSConfig": config}
    return json.dumps(_plain(document), indent=2)


def _plain(value: Any) -> Any:
    """Only what JSON has: hls4ml's own types of precision are written as they print."""
    if isinstance(value, Mapping):
        return {str(key): _plain(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
