// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The area that the C library registered for the calling thread, if it did.
//!
//! glibc 2.35 and later publish it in `__rseq_offset` and `__rseq_size`. Others define neither, so
//! the symbols are weak: their address is 0 where nobody defines them, in static programs too.

use core::{arch::asm, ptr::NonNull};

use crate::abi::{field, Area};

/// Greater values say that nobody keeps the area up to date.
const CPU_ID_MAX: u32 = i32::MAX as u32;

/// An area and the length in bytes that its user may count on.
#[derive(Clone, Copy)]
pub(crate) struct Registered {
    pub(crate) area: NonNull<Area>,
    pub(crate) size: u32,
}

/// The area of the calling thread. [`None`] if the C library registers none, because it does not
/// know rseq, was told not to use it, or was refused.
///
/// Makes no system call.
pub(crate) fn registered() -> Option<Registered> {
    let offset = NonNull::new(weak_rseq_offset().cast_mut())?;
    let size = NonNull::new(weak_rseq_size().cast_mut())?;

    // SAFETY: The C library defines it as a `const unsigned int` and does not change it once a
    // thread runs code of others.
    let size = unsafe { size.read_volatile() };
    if size == 0 {
        return None;
    }
    // SAFETY: As above, a `const ptrdiff_t`.
    let offset = unsafe { offset.read_volatile() };
    let area: NonNull<Area> = NonNull::new(thread_pointer().wrapping_offset(offset).cast())?;
    // A thread inherits from the one that creates it whether the C library registers.
    // SAFETY: It is there in each thread, registered or not.
    let cpu_id = unsafe { field!(area.as_ptr(), Area, cpu_id: u32).read_volatile() };
    (cpu_id <= CPU_ID_MAX).then_some(Registered { area, size })
}

macro_rules! weak {
    ($name:ident, $type:ty, $symbol:literal) => {
        /// The address of the symbol, null if nobody defines it.
        fn $name() -> *const $type {
            let address: *const $type;
            #[cfg(target_arch = "x86_64")]
            // SAFETY: Loads an address that the linker has put into its table.
            unsafe {
                asm!(
                    concat!(".weak ", $symbol),
                    concat!("mov {}, qword ptr [rip + ", $symbol, "@GOTPCREL]"),
                    out(reg) address,
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            #[cfg(target_arch = "aarch64")]
            // SAFETY: Loads an address that the linker has put into its table.
            unsafe {
                asm!(
                    concat!(".weak ", $symbol),
                    concat!("adrp {0}, :got:", $symbol),
                    concat!("ldr {0}, [{0}, :got_lo12:", $symbol, "]"),
                    out(reg) address,
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            #[cfg(target_arch = "riscv64")]
            // SAFETY: Loads an address that the linker has put into its table.
            unsafe {
                asm!(
                    concat!(".weak ", $symbol),
                    concat!("77: auipc {0}, %got_pcrel_hi(", $symbol, ")"),
                    "ld {0}, %pcrel_lo(77b)({0})",
                    out(reg) address,
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            address
        }
    };
}

weak!(weak_rseq_offset, isize, "__rseq_offset");
weak!(weak_rseq_size, u32, "__rseq_size");

/// The address that the offset is relative to.
fn thread_pointer() -> *mut u8 {
    let pointer: *mut u8;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: By the ABI of threads, the first word there is its own address.
    unsafe {
        asm!("mov {}, fs:[0]", out(reg) pointer, options(pure, readonly, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: Reads a register that the ABI of threads sets aside.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer, options(pure, nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv64")]
    // SAFETY: Reads a register that the ABI of threads sets aside.
    unsafe {
        asm!("mv {}, tp", out(reg) pointer, options(pure, nomem, nostack, preserves_flags));
    }
    pointer
}
