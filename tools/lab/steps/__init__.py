# SPDX-License-Identifier: GPL-2.0
"""The steps of a run, each of which ends with a tally. The highest layer."""
