"""Puts the native library into the wheel: builds it with Swift, or takes it as it lies there if no source is newer."""

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ["Package.swift", "Sources", "Templates", "Firmware", "scripts/build-release.sh"]


class NativeLibraryHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        root = Path(self.root)
        library = root / ".build/release/libTricotC.so"
        if not is_current(library, root):
            subprocess.run([root / "scripts/build-release.sh", "TricotC"], check=True)
        folder = root / ".build/wheel"
        shutil.rmtree(folder, ignore_errors=True)
        # What other libraries it needs lies beside it afterwards, where its run path points.
        subprocess.run([root / "scripts/collect-libraries.sh", library, folder], check=True)
        files = sorted(folder.iterdir())
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform(files)}"
        for file in files:
            build_data["force_include"][str(file)] = f"tricot/{file.name}"


def is_current(library: Path, root: Path) -> bool:
    """Whether the library was built by the script, after the last change of a source."""
    if not library.exists() or b"libswiftCore.so" in subprocess.run(["ldd", library], capture_output=True).stdout:
        return False
    built = library.stat().st_mtime
    paths = (root / name for name in SOURCES)
    return all(
        file.stat().st_mtime <= built
        for path in paths
        for file in (path.rglob("*") if path.is_dir() else [path])
        if file.is_file()
    )


def platform(files: list) -> str:
    """The wheel's platform: what glibc it needs, if that can be told."""
    machine = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    try:
        symbols = "".join(
            subprocess.run(["objdump", "-T", file], capture_output=True, text=True, check=True).stdout for file in files
        )
    except (OSError, subprocess.CalledProcessError):
        return machine
    versions = [tuple(map(int, pair)) for pair in re.findall(r"\bGLIBC_(\d+)\.(\d+)", symbols)]
    if not versions or not machine.startswith("linux_"):
        return machine
    major, minor = max(versions)
    return f"manylinux_{major}_{minor}_{machine.removeprefix('linux_')}"
