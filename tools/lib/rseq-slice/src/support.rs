// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Whether a thread gets slices, and the reason if not.

use core::fmt;

/// What a thread can expect, as a sentence by [`Display`](fmt::Display) that says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// Requests of this thread reach the kernel.
    Ready,
    /// The kernel knows an area without slices only.
    OldKernel,
    /// The kernel knows slices, but does not offer them.
    NotOffered,
    /// The C library registered an area without room for slices.
    LegacyRegistration,
    /// Nobody has registered an area, and without `std` this crate does not either.
    Unregistered,
    /// `rseq(2)` failed with this error number.
    RegistrationFailed(i32),
    /// `prctl(2)` failed with this error number.
    EnablingFailed(i32),
    /// `rseq_slice_yield(2)` failed with this error number, in this thread or another one. Grants
    /// are used and end nevertheless.
    YieldDenied(i32),
}

impl Support {
    /// Whether requests of this thread reach the kernel.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::YieldDenied(_))
    }

    pub(crate) const fn pack(self) -> u32 {
        let (kind, error) = match self {
            Self::Ready => (0, 0),
            Self::OldKernel => (1, 0),
            Self::NotOffered => (2, 0),
            Self::LegacyRegistration => (3, 0),
            Self::Unregistered => (4, 0),
            Self::RegistrationFailed(error) => (5, error),
            Self::EnablingFailed(error) => (6, error),
            Self::YieldDenied(error) => (7, error),
        };
        kind | (error as u32) << 8
    }

    pub(crate) const fn unpack(packed: u32) -> Self {
        let error = (packed >> 8) as i32;
        match packed & 0xff {
            0 => Self::Ready,
            1 => Self::OldKernel,
            2 => Self::NotOffered,
            3 => Self::LegacyRegistration,
            4 => Self::Unregistered,
            5 => Self::RegistrationFailed(error),
            6 => Self::EnablingFailed(error),
            _ => Self::YieldDenied(error),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("slices are enabled"),
            Self::OldKernel => {
                f.write_str("the kernel does not know slices: boot Linux 7.0 or later")
            }
            Self::NotOffered => f.write_str(
                "the kernel does not offer slices: build it with CONFIG_RSEQ_SLICE_EXTENSION, and \
                 boot it without rseq_slice_ext=off",
            ),
            Self::LegacyRegistration => f.write_str(
                "the C library registered an area without slices: use glibc 2.41 or later, or \
                 choose Policy::Replace before the first section",
            ),
            Self::Unregistered => f.write_str(
                "no area is registered: use a C library that registers one, or the feature std",
            ),
            Self::RegistrationFailed(error) => write!(
                f,
                "rseq(2) fails with error {error}: let seccomp allow it, and find out whether \
                 another library registers an area",
            ),
            Self::EnablingFailed(error) => write!(
                f,
                "prctl(PR_RSEQ_SLICE_EXTENSION) fails with error {error}: let seccomp allow it",
            ),
            Self::YieldDenied(error) => write!(
                f,
                "rseq_slice_yield(2) fails with error {error}: let seccomp allow it; slices are \
                 enabled, and a failing call ends a grant, too",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Support; 8] = [
        Support::Ready,
        Support::OldKernel,
        Support::NotOffered,
        Support::LegacyRegistration,
        Support::Unregistered,
        Support::RegistrationFailed(libc::EBUSY),
        Support::EnablingFailed(524),
        Support::YieldDenied(libc::EPERM),
    ];

    #[test]
    fn packing_loses_nothing() {
        for support in ALL {
            assert_eq!(Support::unpack(support.pack()), support);
        }
    }
}
