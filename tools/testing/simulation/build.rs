// SPDX-License-Identifier: GPL-2.0

//! The configuration that is simulated.

/// Options of the kernel that the concepts ask for.
const ON: [&str; 2] = ["CONFIG_DEBUG_FS", "CONFIG_RSEQ_SLICE_EXTENSION"];

/// Options that compare with the headers of a kernel tree.
const OFF: [&str; 1] = ["CONFIG_RSEQ_RUST"];

fn main() {
    for option in ON.iter().chain(&OFF) {
        println!("cargo::rustc-check-cfg=cfg({option})");
    }
    for option in ON {
        println!("cargo::rustc-cfg={option}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
