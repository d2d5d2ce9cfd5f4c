// SPDX-License-Identifier: GPL-2.0 OR MIT

//! An area of our own, where the C library registered none, or one without slices.

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr::NonNull,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use crate::{
    abi::{
        Area, FEATURE_SIZE, LEGACY_SIZE, REGISTER_SLICE_EXT_DEFAULT_ON, REGISTER_UNREGISTER,
        SIGNATURE, SYS_RSEQ,
    },
    c_library, kernel, slice, thread, Support,
};

/// What to do in a thread for which the C library registered an area without slices.
///
/// glibc 2.35 to 2.40 do that. Later ones register an area with slices, which is always used as it
/// is. Where the C library registers nothing, as musl, the crate registers an area by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Policy {
    /// Keep it, and do without slices: [`Support::LegacyRegistration`].
    #[default]
    Keep,
    /// Replace it by an area of the crate, until the thread exits. It stays if the kernel does not
    /// offer slices.
    ///
    /// The C library is not told. Its area says that nobody keeps it up to date, and
    /// `sched_getcpu(3)` makes a system call from then on. Critical sections of rseq that use the
    /// area of the C library are no longer restarted: do not replace it in a program that has
    /// some, in libraries like tcmalloc and librseq too.
    Replace,
}

static POLICY: AtomicU8 = AtomicU8::new(Policy::Keep as u8);

/// Chooses what threads do at their first section. Threads that have had it are left as they are.
///
/// To be called at the start of `main`. The policy is that of the program: a library leaves it
/// alone.
pub fn set_policy(policy: Policy) {
    POLICY.store(policy as u8, Relaxed);
}

/// Enough for areas of kernels to come.
const SPACE: usize = 128;

#[repr(C, align(128))]
struct Own(UnsafeCell<MaybeUninit<[u8; SPACE]>>);

/// Gives the area of a thread up when it exits, before its memory goes.
struct Cleanup;

std::thread_local! {
    // Needs no destructor, so it is there for as long as the thread is.
    static OWN: Own = const { Own(UnsafeCell::new(MaybeUninit::zeroed())) };
    static CLEANUP: Cleanup = const { Cleanup };
}

/// The area of the calling thread, registered if need be. Safe in signal handlers unless it is.
///
/// # Errors
///
/// The obstacle.
pub(crate) fn area() -> Result<NonNull<Area>, Support> {
    match thread::c_library_area() {
        Err(Support::Unregistered) => register(None),
        Err(Support::LegacyRegistration) if POLICY.load(Relaxed) == Policy::Replace as u8 => {
            register(c_library::registered().map(|registered| registered.area))
        }
        found => found,
    }
}

/// Registers an area of our own, in place of `old`.
fn register(old: Option<NonNull<Area>>) -> Result<NonNull<Area>, Support> {
    let own = own_area();
    // A handler that came in between would find no area, or one more that is on its way.
    let registered = without_signals(|| {
        if let Some(old) = old {
            // SAFETY: Gives up what the C library keeps.
            unsafe { rseq(old, LEGACY_SIZE, REGISTER_UNREGISTER)? };
        }
        // SAFETY: The area lives for as long as the thread, and `Cleanup` gives it up.
        let result = unsafe { rseq(own, length(), REGISTER_SLICE_EXT_DEFAULT_ON) };
        let offered = result.map(|()| thread::offers_slices(own));
        if offered == Ok(false) {
            // SAFETY: Gives up what has been registered in vain.
            unsafe { rseq(own, length(), REGISTER_UNREGISTER)? };
        }
        if let (Ok(false) | Err(_), Some(old)) = (offered, old) {
            // SAFETY: The C library keeps it.
            unsafe { rseq(old, LEGACY_SIZE, 0)? };
        }
        offered
    });
    if !registered.map_err(Support::RegistrationFailed)? {
        return Err(Support::NotOffered);
    }
    // Has the destructor run, unless it is running: then nobody registers any more.
    let _ = CLEANUP.try_with(|_| {});
    Ok(own)
}

/// Carries out `rseq(2)` for the calling thread.
///
/// # Errors
///
/// The error number.
///
/// # Safety
///
/// While registered, the `length` bytes of `area` are there for the kernel to write to.
unsafe fn rseq(area: NonNull<Area>, length: u32, flags: u32) -> Result<(), i32> {
    // SAFETY: The caller keeps the area. The other arguments are values.
    kernel::result(|| unsafe { libc::syscall(SYS_RSEQ, area.as_ptr(), length, flags, SIGNATURE) })
        .map(drop)
}

fn own_area() -> NonNull<Area> {
    OWN.with(|own| NonNull::from(&own.0).cast())
}

/// What the kernel takes for a registration with slices.
fn length() -> u32 {
    kernel::feature_size().clamp(FEATURE_SIZE, SPACE as u32)
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        without_signals(|| {
            slice::give_up();
            // SAFETY: Gives up what is registered. It fails only if others have done so.
            let _ = unsafe { rseq(own_area(), length(), REGISTER_UNREGISTER) };
        });
    }
}

fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: Initializes the set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: Both are sets, the first one is initialized.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    let result = work();
    // SAFETY: The first call has initialized it.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), core::ptr::null_mut()) };
    result
}
