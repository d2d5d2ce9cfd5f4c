# SPDX-License-Identifier: GPL-2.0
"""Verdicts: text that programs printed goes in, a tally comes out. The lowest layer."""
