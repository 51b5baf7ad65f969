"""Programs that tests need beside Python, installed as Debian's packages where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess


def install_package(name: str) -> bool:
    """Install a package of Debian, as root or by a sudo that asks for no password; whether it could be tried."""
    apt = shutil.which("apt-get")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = shutil.which("sudo")
    if apt is None or not (root or (sudo and _runs([sudo, "-n", "true"]))):
        return False
    command = [apt] if root else [str(sudo), "-n", apt]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", name]):
        subprocess.run([*command, "-qq", *step], check=True, env=environment)
    return True


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
