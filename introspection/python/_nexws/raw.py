# SPDX-License-Identifier: LGPL-2.1-or-later
"""The namespace as PyGObject makes it, before anything here is added to it."""

from gi.module import get_introspection_module

Nx = get_introspection_module("Nx")
