// SPDX-License-Identifier: GPL-2.0

//! The kernel that is simulated.

use super::flags::Work;

/// What differs from one kernel, or one boot, to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// CPUs; each two make a node.
    pub(crate) cpus: usize,
    /// Is the kernel itself preemptible, or does it have points where it reschedules?
    pub(crate) preemptible: bool,
    /// `CONFIG_PREEMPT_RT`: only lazy reschedules can be delayed.
    pub(crate) realtime: bool,
    /// `rseq_slice_ext=`.
    pub(crate) slices_offered: bool,
    /// `rseq_debug=`.
    pub(crate) debugging: bool,
    /// The architecture masks user addresses instead of checking them.
    pub(crate) addresses_are_masked: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            cpus: 4,
            preemptible: true,
            realtime: false,
            slices_offered: true,
            debugging: false,
            addresses_are_masked: false,
        }
    }
}

impl Setup {
    /// The reschedules that a slice delays: `TIF_SLICE_EXT_SCHED`.
    pub(crate) fn delayed(&self) -> Work {
        if self.realtime {
            Work::RESCHEDULE_LAZILY
        } else {
            Work::ANY_RESCHEDULE
        }
    }

    /// The NUMA node of a CPU.
    pub(crate) fn node_of(&self, cpu: u32) -> u32 {
        cpu / 2
    }
}
