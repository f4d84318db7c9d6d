# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps PyGObject from what nexws adds to the typelib, wherever it may be installed: by None Python knows that a module is not there."""

import sys

sys.modules["gi.overrides.Nx"] = None
