// SPDX-License-Identifier: GPL-2.0

//! `struct rseq_data`, the `rseq` member of `struct task_struct`.
//!
//! It stays where the kernel has it, because the scheduler, fork, exec, ptrace and membarrier read
//! and write it from inline C. While a task runs, only the task itself and interrupts on its CPU do
//! so. An interrupt is another thread of execution: what one of both writes and the other uses is
//! [`Shared`]. The rest belongs to the task, in plain cells; of that an interrupt looks at
//! `has_rseq` only, and whether it sees it a little earlier or later makes no difference.

use crate::abi::Area;
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    mem::offset_of, //
};

/// A value that interrupts on this CPU may read and write between two accesses.
///
/// Each access is one load or store that the compiler neither caches nor splits, like `READ_ONCE()`
/// and `WRITE_ONCE()` in C.
#[repr(transparent)]
pub(super) struct Shared<T>(UnsafeCell<T>);

impl<T: Copy> Shared<T> {
    /// Loads the value.
    #[inline(always)] // One load, also while user access is open.
    pub(super) fn get(&self) -> T {
        // SAFETY: The cell is valid; whoever else uses it does so on this CPU.
        unsafe { self.0.get().read_volatile() }
    }

    /// Stores a value.
    #[inline(always)] // One store, also while user access is open.
    pub(super) fn set(&self, value: T) {
        // SAFETY: The cell is valid; whoever else uses it does so on this CPU.
        unsafe { self.0.get().write_volatile(value) };
    }
}

/// `struct rseq_data`.
#[repr(C)]
pub(super) struct Data {
    pub(super) usrptr: Cell<*mut Area>,
    pub(super) len: Cell<u32>,
    pub(super) sig: Cell<u32>,
    pub(super) event: Event,
    pub(super) ids: Published,
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    pub(super) slice: Slice,
}

/// `struct rseq_event`.
#[repr(C, align(8))]
pub(super) struct Event {
    pub(super) sched_switch: Shared<u8>,
    pub(super) ids_changed: Shared<u8>,
    pub(super) user_irq: Shared<u8>,
    _unused: Cell<u8>,
    pub(super) has_rseq: Cell<u8>,
    _pad: Cell<u8>,
    pub(super) error: Shared<u16>,
}

/// `struct rseq_ids`.
#[repr(C, align(8))]
pub(super) struct Published {
    pub(super) cpu_id: Cell<u32>,
    pub(super) mm_cid: Cell<u32>,
    pub(super) node_id: Cell<u32>,
}

/// `struct rseq_slice`.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[repr(C)]
pub(super) struct Slice {
    pub(super) enabled: Cell<u8>,
    pub(super) granted: Shared<u8>,
    pub(super) expires: Cell<u64>,
    pub(super) yielded: Cell<u8>,
}

const _: () = {
    use kernel::bindings::{
        rseq_data,
        rseq_event,
        rseq_ids, //
    };

    // C has most members in anonymous unions and structures.
    macro_rules! event {
        ($($member:tt)+) => {
            offset_of!(rseq_event, __bindgen_anon_1.__bindgen_anon_1.$($member)+)
        };
    }
    macro_rules! ids {
        ($member:ident) => {
            offset_of!(rseq_ids, __bindgen_anon_1.__bindgen_anon_1.$member)
        };
    }

    assert!(size_of::<Data>() == size_of::<rseq_data>());
    assert!(align_of::<Data>() == align_of::<rseq_data>());
    assert!(offset_of!(Data, usrptr) == offset_of!(rseq_data, usrptr));
    assert!(offset_of!(Data, len) == offset_of!(rseq_data, len));
    assert!(offset_of!(Data, sig) == offset_of!(rseq_data, sig));
    assert!(offset_of!(Data, event) == offset_of!(rseq_data, event));
    assert!(offset_of!(Data, ids) == offset_of!(rseq_data, ids));

    assert!(size_of::<Event>() == size_of::<rseq_event>());
    assert!(
        offset_of!(Event, sched_switch) == event!(__bindgen_anon_1.__bindgen_anon_1.sched_switch)
    );
    assert!(
        offset_of!(Event, ids_changed) == event!(__bindgen_anon_1.__bindgen_anon_1.ids_changed)
    );
    assert!(offset_of!(Event, user_irq) == event!(__bindgen_anon_1.__bindgen_anon_1.user_irq));
    assert!(offset_of!(Event, has_rseq) == event!(has_rseq));
    assert!(offset_of!(Event, error) == event!(__bindgen_anon_2.error));

    assert!(size_of::<Published>() == size_of::<rseq_ids>());
    assert!(offset_of!(Published, cpu_id) == ids!(cpu_id));
    assert!(offset_of!(Published, mm_cid) == ids!(mm_cid));
    assert!(offset_of!(Published, node_id) == offset_of!(rseq_ids, node_id));
};

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
const _: () = {
    use kernel::bindings::{
        rseq_data,
        rseq_slice, //
    };

    assert!(offset_of!(Data, slice) == offset_of!(rseq_data, slice));
    assert!(size_of::<Slice>() == size_of::<rseq_slice>());
    assert!(offset_of!(Slice, granted) == offset_of!(rseq_slice, state.__bindgen_anon_1.granted));
    assert!(offset_of!(Slice, expires) == offset_of!(rseq_slice, expires));
    assert!(offset_of!(Slice, yielded) == offset_of!(rseq_slice, yielded));
};
