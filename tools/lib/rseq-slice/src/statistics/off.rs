// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Nothing is counted.

use crate::control_word::Control;

#[inline(always)] // Nothing
pub(crate) fn requested() {}

pub(crate) struct Ending;

impl Ending {
    #[inline(always)] // Nothing
    pub(crate) fn of(_: Control) -> Self {
        Self
    }

    #[inline(always)] // Nothing
    pub(crate) fn count(self, _granted: bool) {}
}

#[inline(always)] // Nothing
pub(crate) fn yielded(_ended: bool) {}
