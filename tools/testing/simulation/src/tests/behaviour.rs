// SPDX-License-Identifier: GPL-2.0

//! Single rules of the ABI, shown by a thread that goes in and out of the kernel.

mod critical_section;
mod failure;
mod grant;
mod ids;
mod lifecycle;
mod registration;
