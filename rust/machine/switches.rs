// SPDX-License-Identifier: GPL-2.0

//! The switches of this kernel: static keys, set on the command line or in debugfs.

use kernel::bindings;

/// Says that debug mode is on, which checks what user space could get wrong. Any context, a patched
/// branch.
#[inline(always)] // A static key is patched in place. Also used while user access is open.
pub(crate) fn debugging() -> bool {
    // SAFETY: Reads a static key.
    unsafe { bindings::rseq_debugging() }
}

/// Switches debug mode on or off, for the whole system. May sleep.
#[cfg(any(CONFIG_DEBUG_FS, CONFIG_RSEQ_RUST_KUNIT_TEST))]
pub(crate) fn set_debugging(_context: &super::context::TaskContext, on: bool) {
    // SAFETY: This is task context; the kernel is patched under locks of its own.
    unsafe { bindings::rseq_control_debug(on) };
}

/// Says that this kernel offers slices, which can be switched off at boot. Any context, a patched
/// branch.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[inline(always)] // A static key is patched in place. Also used while user access is open.
pub(crate) fn slices_offered() -> bool {
    // SAFETY: Reads a static key.
    unsafe { bindings::rseq_slice_extension_enabled() }
}
