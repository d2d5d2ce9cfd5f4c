// SPDX-License-Identifier: GPL-2.0

//! The numbers of system calls, as the entry code passes them on.

use kernel::{
    bindings,
    ffi::c_long, //
};

/// The bit that the numbers of x32 have set. Without x32 there is no call with that bit.
const X32: c_long = if cfg!(CONFIG_X86_X32_ABI) {
    0x4000_0000
} else {
    0
};

#[cfg(CONFIG_X86_X32_ABI)]
const _: () = assert!(X32 == bindings::__X32_SYSCALL_BIT as c_long);

/// Says that `number` is that of `rseq_slice_yield(2)`, which is the same in all ABIs but x32.
#[inline(always)] // One comparison.
pub(crate) fn is_slice_yield(number: c_long) -> bool {
    number & !X32 == bindings::__NR_rseq_slice_yield as c_long
}
