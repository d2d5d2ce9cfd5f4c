# SPDX-License-Identifier: GPL-2.0
"""Kernels and the programs of their guests, compiled from a tree."""
