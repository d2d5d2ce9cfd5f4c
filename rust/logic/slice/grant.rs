// SPDX-License-Identifier: GPL-2.0

//! On return from an interrupt with a reschedule pending: grant, refuse or revoke?

use crate::abi::SliceCtrl;

/// What the kernel's own state says before user memory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The answer is no, whatever user space asks: clear the control word.
    Deny,
    /// The answer is in the control word.
    Consult,
}

/// May the thread be asked at all?
///
/// A slice delays only the scheduler. Any other work on the way out (`work_pending`) has to be
/// done now, and a thread that was `granted` a slice already does not get a second one for the
/// next reschedule request.
pub(crate) const fn standing(work_pending: bool, granted: bool) -> Standing {
    if work_pending || granted {
        Standing::Deny
    } else {
        Standing::Consult
    }
}

/// The control word with the grant in it, or [`None`] if it holds no request.
pub(crate) const fn answer(ctrl: SliceCtrl) -> Option<SliceCtrl> {
    if ctrl.request == 0 {
        return None;
    }
    Some(SliceCtrl {
        request: 0,
        granted: 1,
        reserved: ctrl.reserved,
    })
}

/// Does the grant still delay the reschedule that it was asked for?
///
/// Not if the thread was `rescheduled` while the decision was made, interrupts being on. The update
/// of its area then ends the grant on the way to user space, without a timer; a reschedule that is
/// pending by now is a new one and has to be obeyed.
pub(crate) const fn delays(rescheduled: bool) -> bool {
    !rescheduled
}

/// Does the area have a control word that the kernel writes?
pub(crate) const fn has_control_word(v2: bool, available: bool) -> bool {
    v2 && available
}
