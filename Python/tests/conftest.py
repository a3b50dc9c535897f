import os
from pathlib import Path

import numpy as np
import pytest

import tricot

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "Examples/jet-tagger"


@pytest.fixture(scope="session")
def program():
    """The command line tool, optimised."""
    path = Path(os.environ.get("TRICOT", ROOT / ".build/release/tricot"))
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return path


@pytest.fixture(scope="session")
def jets():
    return np.load(EXAMPLE / "test-jets.npy")


@pytest.fixture(scope="session")
def calibration():
    return np.load(EXAMPLE / "calibration-jets.npy")


@pytest.fixture(scope="session")
def tagger():
    return tricot.load(EXAMPLE / "jet-tagger.keras")


@pytest.fixture(scope="session")
def quantized(tagger, calibration):
    return tagger.quantize(calibration)
