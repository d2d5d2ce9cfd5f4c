// SPDX-License-Identifier: GPL-2.0 OR MIT

//! What a section without contention costs, in instructions of an optimized program.

#![cfg(all(target_arch = "x86_64", not(shuttle)))]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// What a section adds to a lock.
const BAR: usize = 15;

fn program() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--example",
            "sections",
            "--target-dir",
        ])
        .arg(directory)
        .status();
    assert!(built.is_ok_and(|status| status.success()));
    directory.join("release/examples/sections")
}

/// The instructions of a function up to its first return, where an exchange succeeds and no other
/// branch is taken.
fn path(disassembly: &str, function: &str) -> Vec<String> {
    let body = disassembly
        .split_once(&format!("<{function}>:\n"))
        .expect(function)
        .1;
    let mut path: Vec<String> = Vec::new();
    let mut target = None;
    for (address, instruction) in body.lines().filter_map(|line| line.split_once(":\t")) {
        if target.is_some_and(|target| target != address.trim()) {
            continue;
        }
        let exchanged = path.last().is_some_and(|last| last.contains("cmpxchg"));
        target = instruction
            .strip_prefix("je ")
            .filter(|_| exchanged)
            .map(|operand| operand.split_whitespace().next().expect("a target"));
        path.push(instruction.trim().to_owned());
        if instruction.starts_with("ret") {
            return path;
        }
        assert!(
            !instruction.starts_with("call"),
            "{function} calls: {path:#?}"
        );
    }
    panic!("{function} does not return");
}

#[test]
fn section_is_short() {
    let said = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn"])
        .arg(program())
        .output()
        .expect("objdump is needed: install binutils");
    let disassembly = String::from_utf8_lossy(&said.stdout);
    let [plain, slice, section] =
        ["plain_spinlock", "slice_spinlock", "section"].map(|name| path(&disassembly, name));
    assert!(slice.len() - plain.len() <= BAR, "{slice:#?}\n{plain:#?}");
    // A register is saved for the address, and there is the return.
    assert!(section.len() <= BAR + 3, "{section:#?}");
    // Nothing is moved out of the section, and its steps come in this order.
    let request = slice
        .iter()
        .position(|code| code.starts_with("movb   $0x1,(%"));
    let locked = slice.iter().position(|code| code.contains("cmpxchg"));
    let taken_back = slice
        .iter()
        .rposition(|code| code.starts_with("movb   $0x0,(%"));
    let looked = slice
        .iter()
        .rposition(|code| code.starts_with("cmpb   $0x0,0x1(%"));
    assert!(request.is_some() && request < locked, "{slice:#?}");
    assert!(locked < taken_back && taken_back < looked, "{slice:#?}");
}
