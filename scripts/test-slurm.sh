#!/bin/bash
# The same as scripts/test-snakemake.sh with Slurm's executor on a node whose slurmctld and slurmd run already.
# Skips by name without Slurm (Debian's slurm-wlm), Snakemake or its plugin.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v sbatch > /dev/null || ! sinfo --noheader > /dev/null 2>&1; then
  echo "skipped: scans under Slurm (no sbatch, or no controller that answers: apt-get install slurm-wlm)"
  exit 0
fi
if ! command -v snakemake > /dev/null || ! snakemake --help | grep -q slurm; then
  echo "skipped: scans under Slurm (pip install snakemake snakemake-executor-plugin-slurm)"
  exit 0
fi
# A small Slurm keeps no accounts that sacct could read.
exec scripts/test-snakemake.sh "${1:-.build/release/tricot}" --executor slurm --jobs 2 \
  --slurm-status-command squeue --slurm-init-seconds-before-status-checks 5
