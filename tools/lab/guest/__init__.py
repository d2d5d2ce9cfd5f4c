# SPDX-License-Identifier: GPL-2.0
"""Guests: the files they find, the machine they run on."""
