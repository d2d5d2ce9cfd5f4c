# SPDX-License-Identifier: GPL-2.0
"""What goes wrong in a way that the user can do something about."""


class LabError(Exception):
    """One line that says what is wrong and what to do."""
