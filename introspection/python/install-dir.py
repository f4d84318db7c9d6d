# SPDX-License-Identifier: LGPL-2.1-or-later
"""install-dir.py PREFIX: the folder below it where this Python looks for modules. Meson 1.0 does not know Debian's for /usr/local."""

import sys

prefix = sys.argv[1]
version = f"python{sys.version_info.major}.{sys.version_info.minor}"
folders = [f"{prefix}/lib/{part}" for part in ("python3/dist-packages", f"{version}/dist-packages", f"{version}/site-packages")]
print(next((folder for folder in folders if folder in sys.path), folders[-1]))
