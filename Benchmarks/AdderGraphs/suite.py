#!/usr/bin/env python3
"""The adder graph suite: 14 constant matrices at three depth settings, and how the search grows.

usage: suite.py [--tricot PATH] [--effort fast|normal|high] [--settings least,relaxed,free] [--only NAME] [--peers] [--growth]
needs: numpy; h5py and the shared models for the jet tagger's kernels; with --peers: da4ml and alkaid, and the shared bench script.

--growth: processor seconds, peak memory and bits per nonzero digit of random matrices from 16x16 to 1024x256, with --peers beside
them what they reach in 120 s each.

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
import threading
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SETTINGS = ("least", "relaxed", "free")
PEER_LIMITS = {"least": 0, "relaxed": 2, "free": -1}
GROWTH_SHAPES = [(n, n) for n in (16, 32, 64, 128, 256)] + [(784, 128), (1024, 256)]
PEER_SECONDS = 120
PEER_IMPORTS = {
    "da4ml": "from da4ml._binary import solve",
    "alkaid": "from alkaid._binary import cmvm_solve as solve",
}
# One matrix by one peer; bits are counted as the shared script does it.
PEER_PROGRAMS = {
    peer: f"""
import json, sys
import numpy as np
sys.path.insert(0, {str(SHARED / "bench")!r})
text = open({str(SHARED / "bench" / "peer_matrices.py")!r}).read()
names = {{}}
exec(text[: text.index("def main")], names)
{line}
solution = solve(np.load(sys.argv[1]).astype(np.float32), hard_dc=-1)
stages = list(solution.solutions) if hasattr(solution, "solutions") else list(solution)
print(json.dumps(names["neutral"](stages)))
"""
    for peer, line in PEER_IMPORTS.items()
}

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


def random_matrix(inputs, outputs, bits):
    generator = np.random.default_rng(inputs * 1000 + bits)
    return generator.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), size=(inputs, outputs))


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
    matrices = {f"rand_{n}x{n}_{b}b": random_matrix(n, n, b) for n in (16, 32, 64) for b in (4, 8)}
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


def digit_count(matrix):
    """Nonzero digits of the canonical signed-digit form."""
    return sum(int(v ^ (3 * v)).bit_count() for v in map(int, np.abs(matrix).ravel()))


def measured(command):
    """A process's output, seconds of processors, and peak memory in MB; nothing where it takes too long."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        timer = threading.Timer(PEER_SECONDS, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read() if process.returncode == 0 else None
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def growth(arguments):
    """Processor seconds, peak memory and bits of random matrices without a depth limit, one process each."""
    print(f"{'matrix':<16}{'digits':>8}  {'solver':<8}{'cpu s':>8}{'us/digit':>9}{'MB':>6}{'bits':>9}{'bits/digit':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for shape in GROWTH_SHAPES:
            for bits in (4, 8):
                name = f"{shape[0]}x{shape[1]}_{bits}b"
                path = pathlib.Path(folder) / f"{name}.npy"
                matrix = random_matrix(*shape, bits)
                np.save(path, matrix)
                digits = digit_count(matrix)
                tricot = [arguments.tricot, "matrix", str(path), "--signed", "--input-bits", "8", "--json", "--quiet"]
                commands = {"tricot": [*tricot, "--effort", arguments.effort, "--threads", "1"]}
                if arguments.peers:
                    commands |= {peer: [sys.executable, "-c", code, str(path)] for peer, code in PEER_PROGRAMS.items()}
                for solver, command in commands.items():
                    text, cpu, memory = measured(command)
                    row = f"{name:<16}{digits:>8}  {solver:<8}"
                    if text is None:
                        print(f"{row}  more than {PEER_SECONDS} s", flush=True)
                        continue
                    found = json.loads(text)["bits"]
                    print(
                        f"{row}{cpu:>8.2f}{cpu / digits * 1e6:>9.0f}{memory:>6.0f}{found:>9}{found / digits:>11.3f}",
                        flush=True,
                    )
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tricot", default=str(ROOT / ".build" / "release" / "tricot"))
    parser.add_argument("--effort", help="normal; fast where growth is measured", choices=("fast", "normal", "high"))
    parser.add_argument("--settings", default=",".join(SETTINGS))
    parser.add_argument("--only")
    parser.add_argument("--peers", action="store_true", help="run da4ml and alkaid beside")
    parser.add_argument("--growth", action="store_true", help="measure growth instead of the suite")
    arguments = parser.parse_args()
    arguments.effort = arguments.effort or ("fast" if arguments.growth else "normal")
    return growth(arguments) if arguments.growth else compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
