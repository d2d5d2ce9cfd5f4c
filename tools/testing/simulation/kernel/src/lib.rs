// SPDX-License-Identifier: GPL-2.0

//! Stands in for the kernel crate where nothing of the machine is involved: errors and the integer
//! types of C.

/// Errors, as the kernel numbers them.
pub mod error {
    use core::fmt;

    /// An error number.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Error(i32);

    impl Error {
        /// The number that C returns, which is negative.
        pub fn to_errno(self) -> i32 {
            self.0
        }
    }

    impl fmt::Debug for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match code::NAMES.iter().find(|(error, _)| error == self) {
                Some((_, name)) => f.write_str(name),
                None => write!(f, "Error({})", self.0),
            }
        }
    }

    /// A result with a kernel error by default.
    pub type Result<T = (), E = Error> = core::result::Result<T, E>;

    /// The constants.
    pub mod code {
        use super::Error;

        macro_rules! declare {
            ($($name:ident = $number:literal),+ $(,)?) => {
                $(#[doc = stringify!($name)] pub const $name: Error = Error(-$number);)+

                /// The name of each constant.
                pub(super) const NAMES: &[(Error, &str)] = &[$(($name, stringify!($name))),+];
            };
        }

        declare! {
            EPERM = 1,
            ENXIO = 6,
            EFAULT = 14,
            EBUSY = 16,
            EINVAL = 22,
            ERANGE = 34,
            ENOTSUPP = 524,
        }
    }
}

/// The integer types of C, on a 64-bit kernel: `long` is `isize` there, as in the kernel crate.
#[allow(non_camel_case_types)]
pub mod ffi {
    /// `int`.
    pub type c_int = i32;
    /// `long`.
    pub type c_long = isize;
}

/// What most files use.
pub mod prelude {
    pub use crate::error::{
        code::*,
        Error,
        Result, //
    };
    pub use crate::ffi::{
        c_int,
        c_long, //
    };
}
