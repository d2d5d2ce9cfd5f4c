# SPDX-License-Identifier: GPL-2.0
"""This machine: the user's settings, the cache, commands, packages."""
