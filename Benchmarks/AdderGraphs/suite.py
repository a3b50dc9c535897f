#!/usr/bin/env python3
"""The adder graph suite: 14 constant matrices at three depth settings, and how the search grows.

usage: suite.py [--tricot PATH] [--effort fast|normal|high] [--settings least,relaxed,free] [--only NAME] [--peers] [--growth]
needs: numpy; h5py and the shared models for the jet tagger's kernels; with --peers: da4ml and alkaid, and the shared bench script.

Per matrix and setting: adder bits, adders, depth, seconds of the search. Depths and bits are compared with the best of da4ml 0.6.0
(by adders, by bits) and alkaid 0.8.2: recorded figures, or with --peers those of this very run. Inputs are int8.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SETTINGS = ("least", "relaxed", "free")
PEER_LIMITS = {"least": 0, "relaxed": 2, "free": -1}

# The peers' best bits and the depth of that run, in each setting: 2 threads.
RECORDED = {
    "rand_16x16_4b": ((2445, 6), (2270, 6), (2269, 10)),
    "rand_16x16_8b": ((4632, 6), (4417, 7), (4402, 11)),
    "rand_32x32_4b": ((9085, 6), (8598, 7), (8598, 7)),
    "rand_32x32_8b": ((17455, 7), (16568, 9), (16484, 10)),
    "jsc_out_f6": ((2323, 7), (2205, 9), (2205, 9)),
    "jsc_out_f8": ((3048, 7), (2850, 8), (2850, 8)),
    "jsc_fc1_f6": ((13743, 6), (13116, 7), (12470, 14)),
    "jsc_fc1_f8": ((18100, 6), (16977, 8), (16783, 17)),
    "jsc_fc3_f6": ((11878, 7), (11259, 7), (11259, 7)),
    "jsc_fc3_f8": ((15890, 7), (15222, 8), (15222, 8)),
    "jsc_fc2_f6": ((21554, 7), (20414, 8), (20247, 10)),
    "jsc_fc2_f8": ((29462, 8), (27970, 9), (27789, 15)),
    "rand_64x64_4b": ((33345, 7), (31651, 8), (31651, 8)),
    "rand_64x64_8b": ((63980, 8), (61295, 9), (61295, 9)),
}


def random_matrix(size, bits):
    generator = np.random.default_rng(size * 1000 + bits)
    return generator.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), size=(size, size))


def jet_kernels():
    """The kernels of the public 16-64-32-32-5 jet tagger on two grids, or nothing."""
    weights = SHARED / "models" / "keras" / "KERAS_3layer_weights.h5"
    try:
        import h5py
    except ImportError:
        print("h5py is not installed: no jet tagger kernels", file=sys.stderr)
        return {}
    if not weights.exists():
        print("no shared models: no jet tagger kernels", file=sys.stderr)
        return {}
    kernels = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.ndim == 2:
            kernels[name.split("/")[0]] = item[()]

    with h5py.File(weights) as file:
        file.visititems(visit)
    named = {}
    for layer, kernel in kernels.items():
        short = "jsc_out" if "output" in layer else "jsc_" + layer.split("_")[0]
        for bits in (6, 8):
            named[f"{short}_f{bits}"] = np.round(kernel.astype(np.float64) * 2**bits).astype(np.int64)
    return named


def suite():
    matrices = {f"rand_{n}x{n}_{b}b": random_matrix(n, b) for n in (16, 32, 64) for b in (4, 8)}
    matrices.update(jet_kernels())
    return {name: matrices[name] for name in RECORDED if name in matrices}


def run_tricot(tricot, path, effort, *limits):
    start = time.perf_counter()
    command = [tricot, "matrix", str(path), "--signed", "--input-bits", "8", "--effort", effort, "--json", "--quiet", *limits]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(output)
    assert result["verified"], path
    return result | {"wall": time.perf_counter() - start}


def run_peers(paths):
    """Every peer's runs by matrix and setting, from the shared script."""
    script = SHARED / "bench" / "peer_matrices.py"
    command = [sys.executable, str(script), *map(str, paths)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    runs = {}
    for row in map(json.loads, lines):
        setting = next(s for s, limit in PEER_LIMITS.items() if limit == row["dc"])
        runs.setdefault((row["matrix"], setting), []).append(row)
    return runs


def best(rows):
    return min(rows, key=lambda row: row["bits"])


def compare(arguments):
    settings = arguments.settings.split(",")
    matrices = {k: v for k, v in suite().items() if not arguments.only or k == arguments.only}
    totals = {s: [0, 0.0, 0, 0.0] for s in settings}
    worse = []
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: pathlib.Path(folder) / f"{name}.npy" for name in matrices}
        for name, matrix in matrices.items():
            np.save(paths[name], matrix)
        peers = run_peers(paths.values()) if arguments.peers else {}
        print(f"{'matrix':<16}{'setting':<9}{'bits':>8}{'adders':>8}{'depth':>7}{'seconds':>9}   {'peer bits':>9}{'depth':>7}{'ratio':>8}")
        for name, path in paths.items():
            for setting in settings:
                bits, depth = RECORDED[name][SETTINGS.index(setting)]
                if peers:
                    row = best(peers[name, setting])
                    bits, depth = row["bits"], row["depth"]
                limit = [] if setting == "free" else ["--max-depth", str(depth)]
                ours = run_tricot(arguments.tricot, path, arguments.effort, *limit)
                if ours["bits"] > bits or (limit and ours["depth"] > depth):
                    worse.append(f"{name} {setting}")
                sums = totals[setting]
                sums[0] += ours["bits"]
                sums[1] += ours["wall"]
                sums[2] += bits
                print(
                    f"{name:<16}{setting:<9}{ours['bits']:>8}{ours['adders']:>8}{ours['depth']:>7}{ours['seconds']:>9.3f}"
                    f"   {bits:>9}{depth:>7}{ours['bits'] / bits:>8.3f}",
                    flush=True,
                )
        for setting in settings:
            sums = totals[setting]
            print(f"{'sum':<16}{setting:<9}{sums[0]:>8}{'':>15}{sums[1]:>9.3f}   {sums[2]:>9}{'':>7}{sums[0] / sums[2]:>8.3f}")
            for solver in sorted({row["solver"] for rows in peers.values() for row in rows}):
                rows = [row for (_, s), rows in peers.items() if s == setting for row in rows if row["solver"] == solver]
                print(f"  {solver:<14}{setting:<9}{sum(r['bits'] for r in rows):>8}{'':>15}{sum(r['seconds'] for r in rows):>9.3f}")
        print("worse than the peers: " + (", ".join(worse) or "none"))
    return 1 if worse else 0


def growth(arguments):
    """Seconds, peak memory and growth exponent of 8-bit matrices at effort fast."""
    previous = None
    with tempfile.TemporaryDirectory() as folder:
        for size in (32, 64, 128, 256, 500):
            path = pathlib.Path(folder) / f"{size}.npy"
            np.save(path, random_matrix(size, 8))
            before = os.times()
            result = run_tricot(arguments.tricot, path, "fast")
            exponent = ""
            if previous:
                exponent = f"   exponent {np.log(result['seconds'] / previous[1]) / np.log(size / previous[0]):.2f}"
            cpu = os.times().children_user - before.children_user
            print(
                f"{size}x{size}: {result['bits']} bits, {result['adders']} adders, depth {result['depth']}, "
                f"{result['seconds']:.2f} s ({cpu:.2f} s of processors){exponent}",
                flush=True,
            )
            previous = (size, result["seconds"])
    import resource

    print(f"peak memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tricot", default=str(ROOT / ".build" / "release" / "tricot"))
    parser.add_argument("--effort", default="normal", choices=("fast", "normal", "high"))
    parser.add_argument("--settings", default=",".join(SETTINGS))
    parser.add_argument("--only")
    parser.add_argument("--peers", action="store_true", help="run da4ml and alkaid beside")
    parser.add_argument("--growth", action="store_true", help="measure growth instead of the suite")
    arguments = parser.parse_args()
    return growth(arguments) if arguments.growth else compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
