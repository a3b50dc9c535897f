"""Networks of make_hgq2.py through alkaid and through Tricot: look-up tables, stages, events that differ from Keras.

usage: compare_alkaid.py FOLDER [--tricot PATH] [--clock NS] [--no-alkaid] [NAME…] [-- OPTION…]
       (in make_hgq2.py's environment, with pip install alkaid==0.8.2; what follows -- goes to tricot)
Look-up tables are each tool's own estimate, stages at a clock uncertainty of 0 for both: alkaid leaves nothing of the period free.
Alkaid's figures are kept beside the models, as NAME_alkaid.json, and read from there the next time.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault('KERAS_BACKEND', 'jax')
import numpy as np


def differing(outputs, expected):
    """Events of which any output is another number."""
    expected = expected.reshape(len(expected), -1)
    return int((outputs.reshape(expected.shape) != expected).any(axis=1).sum())


def alkaid(stem, clock):
    """What alkaid makes of a network; `hard_dc` 5 lets a sum be five levels deeper than it must."""
    kept = pathlib.Path(f'{stem}_alkaid.json')
    figures = json.loads(kept.read_text()) if kept.exists() else {}
    if str(clock) in figures:
        return figures[str(clock)]
    import hgq  # Keras finds its layers.
    import keras
    from alkaid.codegen import RTLModel
    from alkaid.converter import trace_model
    from alkaid.trace import trace

    model = keras.models.load_model(f'{stem}.keras', compile=False)
    circuit = trace(*trace_model(model, hwconf=(1, 1, -1), solver_options={'hard_dc': 5}))
    events, expected = np.load(f'{stem}_x.npy'), np.load(f'{stem}_y.npy')
    with tempfile.TemporaryDirectory() as folder:
        firmware = RTLModel(circuit, path=folder, prj_name='top', flavor='verilog', latency_cutoff=clock)
        firmware.write()
        figures[str(clock)] = {
            'luts': round(float(circuit.cost)),
            'stages': int(firmware.latency),
            'register_bits': int(firmware.reg_bits),
            'differing': differing(circuit.predict(events.astype(np.float64)), expected),
        }
    kept.write_text(json.dumps(figures))
    return figures[str(clock)]


def tricot(stem, clock, program, options):
    """Tricot's estimate, and what its simulator computes."""
    hardware = ['--clock-period', str(clock), '--clock-uncertainty', '0%', *options]
    report = subprocess.run(
        [program, 'estimate', f'{stem}.keras', '--json', '--quiet', *hardware], check=True, capture_output=True
    )
    estimate = json.loads(report.stdout)
    with tempfile.TemporaryDirectory() as folder:
        found = f'{folder}/y.npy'
        subprocess.run(
            [program, 'simulate', f'{stem}.keras', '--input', f'{stem}_x.npy', '--output', found, '--quiet'],
            check=True,
            capture_output=True,
        )
        return estimate, differing(np.load(found), np.load(f'{stem}_y.npy'))


def main():
    arguments = sys.argv[1:]
    options = arguments[arguments.index('--') + 1 :] if '--' in arguments else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('--tricot', default=str(pathlib.Path(__file__).parents[2] / '.build/release/tricot'))
    parser.add_argument('--clock', type=float, default=2.1)
    parser.add_argument('--no-alkaid', action='store_true')
    parser.add_argument('names', nargs='*')
    given = parser.parse_args(arguments[: len(arguments) - len(options) - 1] if '--' in arguments else arguments)
    names = given.names or sorted(path.stem for path in pathlib.Path(given.folder).glob('*.keras'))
    print('| network | LUT: alkaid | Tricot | DSP | ratio | stages: alkaid | Tricot | events that differ: alkaid | Tricot |')
    print('|---|---:|---:|---:|---:|---:|---:|---:|---:|')
    for name in names:
        stem = f'{given.folder}/{name}'
        ours, wrong = tricot(stem, given.clock, given.tricot, options)
        luts = ours['resources']['lut']
        theirs = {} if given.no_alkaid else alkaid(stem, given.clock)
        ratio = f'{luts / theirs["luts"]:.2f}' if theirs else '-'
        cells = [theirs.get('luts', '-'), luts, ours['resources']['dsp'], ratio, theirs.get('stages', '-')]
        cells += [ours['latency_cycles'], theirs.get('differing', '-'), wrong]
        print(f'| {name} |', ' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in cells), '|', flush=True)


if __name__ == '__main__':
    main()
