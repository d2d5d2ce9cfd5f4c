# SPDX-License-Identifier: GPL-2.0
"""Kernel source trees: fetched, patched, linked to this repository."""
