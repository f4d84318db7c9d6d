# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes the namespace Nx feel at home in Python. Programs import `nexws`, or `Nx` from `gi.repository`, not this."""
