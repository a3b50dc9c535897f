"""Models as the frameworks hold them go in directly, and agree with their own predictions in float."""

import os

import numpy as np
import pytest

import tricot

os.environ.setdefault("KERAS_BACKEND", "numpy")


@pytest.fixture(scope="module")
def data():
    """Two classes of events with five features, and a number to be learnt."""
    generator = np.random.default_rng(18)
    x = generator.normal(size=(600, 5)).astype(np.float32)
    number = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2])
    return x, (number > 0.2).astype(int), number


def quantized_agrees(model, x, wanted, rms, **options):
    """Quantised on the same events the model stays near: within a few steps of its output."""
    got = model.quantize(x, **options).predict(x)
    assert np.sqrt(np.mean((got.reshape(wanted.shape) - wanted) ** 2)) < rms


def test_keras_dense(data):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((5,), name="event"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    loaded = tricot.load(model)
    wanted = np.asarray(model(data[0]))
    assert np.abs(loaded.predict_float(data[0]) - wanted).max() < 1e-6
    assert loaded.source == "keras" and loaded.inputs[0].name == "event"
    quantized_agrees(loaded, data[0], wanted, 0.01)


def test_keras_convolution_and_branches():
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(2)
    image, more = keras.Input((8, 8, 1), name="image"), keras.Input((3,), name="more")
    hidden = keras.layers.Conv2D(4, 3, activation="relu")(image)
    hidden = keras.layers.Flatten()(keras.layers.MaxPooling2D()(hidden))
    joined = keras.layers.Concatenate()([hidden, more])
    model = keras.Model([image, more], [keras.layers.Dense(2)(joined), keras.layers.Dense(1)(joined)])
    generator = np.random.default_rng(3)
    x = [generator.normal(size=(20, 8, 8, 1)), generator.normal(size=(20, 3))]
    loaded = tricot.load(model)
    for got, wanted in zip(loaded.predict_float(x), model(x)):
        assert np.abs(got - np.asarray(wanted)).max() < 1e-5
    assert [port.shape for port in loaded.inputs] == [(8, 8, 1), (3,)]
    for got, wanted in zip(loaded.quantize(x).predict(x), model(x)):
        assert np.abs(got - np.asarray(wanted)).max() < 0.1


def test_torch(data):
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    model = torch.nn.Sequential(
        torch.nn.Linear(5, 12), torch.nn.BatchNorm1d(12), torch.nn.ReLU(), torch.nn.Linear(12, 3), torch.nn.Sigmoid()
    )
    x = torch.from_numpy(data[0])
    model(x)  # Statistics for the normalisation.
    loaded = tricot.load(model, example=x[:4])
    assert model.training
    wanted = model.eval()(x).detach().numpy()
    assert np.abs(loaded.predict_float(x) - wanted).max() < 1e-5
    quantized_agrees(loaded, x, wanted, 0.01)
    with pytest.raises(tricot.TricotError, match="example"):
        tricot.load(model)


def test_torch_images():
    torch = pytest.importorskip("torch")
    torch.manual_seed(2)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(27, 2)
    )
    x = torch.randn(20, 1, 8, 8)
    loaded = tricot.load(model, example=x[:1])
    assert np.abs(loaded.predict_float(x) - model(x).detach().numpy()).max() < 1e-5


def boosted(name):
    return pytest.importorskip(name, exc_type=ImportError)


def test_xgboost(data):
    xgboost = boosted("xgboost")
    x, classes, number = data
    classifier = xgboost.XGBClassifier(n_estimators=12, max_depth=4).fit(x, classes)
    margins = classifier.predict(x, output_margin=True)
    loaded = tricot.load(classifier)
    assert np.abs(loaded.predict_float(x).ravel() - margins).max() < 1e-5
    probable = tricot.load(classifier.get_booster(), tree_output="probability")
    assert np.abs(probable.predict_float(x).ravel() - classifier.predict_proba(x)[:, 1]).max() < 1e-6
    regressor = xgboost.XGBRegressor(n_estimators=12, max_depth=3).fit(x, number)
    assert np.abs(tricot.load(regressor).predict_float(x).ravel() - regressor.predict(x)).max() < 1e-5
    # Its thresholds are values of events; the events on them may go to either side of a rounded threshold.
    got = loaded.quantize(x, input_bits=16).predict(x)
    assert np.mean(np.abs(got.ravel() - margins) < 0.05) > 0.9
    missing = x.copy()
    missing[::3, 1] = np.nan
    wanted = classifier.predict(missing, output_margin=True)
    assert np.abs(loaded.predict_float(missing).ravel() - wanted).max() < 1e-5


def test_lightgbm(data):
    lightgbm = boosted("lightgbm")
    x, classes, number = data
    classifier = lightgbm.LGBMClassifier(n_estimators=12, max_depth=4, verbose=-1).fit(x, classes)
    margins = classifier.predict_proba(x, raw_score=True)
    loaded = tricot.load(classifier)
    assert np.abs(loaded.predict_float(x).ravel() - margins.ravel()).max() < 1e-9
    regressor = lightgbm.LGBMRegressor(n_estimators=12, verbose=-1).fit(x, number)
    assert np.abs(tricot.load(regressor.booster_).predict_float(x).ravel() - regressor.predict(x)).max() < 1e-9
    quantized_agrees(loaded, x, margins, 0.05, input_bits=16)


def test_scikit_learn(data):
    pytest.importorskip("sklearn")
    pytest.importorskip("skl2onnx")
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
    from sklearn.neural_network import MLPRegressor
    from sklearn.tree import DecisionTreeRegressor

    x, classes, number = data
    for estimator in [
        DecisionTreeRegressor(max_depth=5, random_state=1),
        GradientBoostingRegressor(n_estimators=10, max_depth=3, random_state=1),
        MLPRegressor(hidden_layer_sizes=(12,), max_iter=300, random_state=1),
    ]:
        estimator.fit(x, number)
        wanted = estimator.predict(x)
        assert np.abs(tricot.load(estimator).predict_float(x).ravel() - wanted).max() < 1e-4, estimator
    forest = RandomForestClassifier(n_estimators=8, max_depth=4, random_state=1).fit(x, classes)
    loaded = tricot.load(forest)
    assert np.abs(loaded.predict_float(x) - forest.predict_proba(x)).max() < 1e-5
    with pytest.raises(tricot.TricotError, match="fit it first"):
        tricot.load(RandomForestClassifier())


def test_hls4ml_project_with_a_model_in_memory(data):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="relu")])
    config = {"Model": {"Precision": {"default": "fixed<16,6>"}, "ReuseFactor": 1}}
    quantized = tricot.load({"KerasModel": model, "HLSConfig": config}).quantize()
    assert quantized.arithmetic == "hls4ml"
    step = quantized.predict(data[0]) * 2**10
    assert np.array_equal(step, np.round(step))
    assert np.abs(quantized.predict(data[0]) - np.asarray(model(data[0]))).max() < 0.05
