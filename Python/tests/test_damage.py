"""1,000 damaged files in one process: values or exceptions, and the interpreter lives."""

import random

import numpy as np
import pytest

import tricot
from conftest import EXAMPLE

FILES = [EXAMPLE / "jet-tagger.keras", EXAMPLE / "config.yml", EXAMPLE / "calibration-jets.npy"]


def damaged(content, generator):
    """Flipped bits, overwritten runs, missing and repeated pieces, an early end."""
    data = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(len(data))
        length = generator.randint(1, 64)
        match generator.randrange(5):
            case 0:
                data[start] ^= 1 << generator.randrange(8)
            case 1:
                data[start : start + length] = generator.randbytes(min(length, len(data) - start))
            case 2:
                del data[start : start + length]
            case 3:
                data[start:start] = data[start : start + length]
            case 4:
                data = data[: start + 1]
    return bytes(data)


@pytest.mark.filterwarnings("ignore::tricot.TricotWarning")
def test_damaged_files(tmp_path, jets):
    generator = random.Random(20261122)
    whole = {path.name: path.read_bytes() for path in FILES}
    for name, content in whole.items():
        (tmp_path / name).write_bytes(content)
    outcomes = {"read": 0, "refused": 0}
    codes = set()
    for number in range(1000):
        name = FILES[number % 3].name
        path = tmp_path / name
        path.write_bytes(damaged(whole[name], generator))
        try:
            if name == "config.yml":
                model = tricot.load(path).quantize()
            elif name == "calibration-jets.npy":
                model = tricot.load(tmp_path / "jet-tagger.keras").quantize(path)
            else:
                model = tricot.load(path).quantize()
            values = model.predict(jets[:3])
            assert np.isfinite(values).all()
            outcomes["read"] += 1
        except tricot.TricotError as error:
            codes.add(error.code)
            outcomes["refused"] += 1
        path.write_bytes(whole[name])
    # Both happen, and for many reasons; after all of it the library still works.
    assert outcomes["refused"] > 300 and outcomes["read"] > 20 and len(codes) > 10
    assert len(tricot.load(FILES[0]).quantize().predict(jets)) == 2000
