// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The constants are those of the kernel's headers.
//!
//! `RSEQ_UAPI` names a directory with them (`make headers_install`). Without it nothing is tested.

use std::{
    env, fs,
    mem::{offset_of, size_of},
    process::Command,
};

use rseq_slice::abi::{self, Area, ControlWord};

fn facts() -> Vec<(&'static str, u64)> {
    vec![
        ("__NR_rseq", abi::SYS_RSEQ as u64),
        ("__NR_rseq_slice_yield", abi::SYS_RSEQ_SLICE_YIELD as u64),
        ("RSEQ_FLAG_UNREGISTER", abi::REGISTER_UNREGISTER.into()),
        (
            "RSEQ_FLAG_SLICE_EXT_DEFAULT_ON",
            abi::REGISTER_SLICE_EXT_DEFAULT_ON.into(),
        ),
        (
            "RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE",
            abi::FLAG_SLICE_EXT_AVAILABLE.into(),
        ),
        (
            "RSEQ_CS_FLAG_SLICE_EXT_ENABLED",
            abi::FLAG_SLICE_EXT_ENABLED.into(),
        ),
        (
            "(__u32)RSEQ_CPU_ID_UNINITIALIZED",
            abi::CPU_ID_UNINITIALIZED.into(),
        ),
        (
            "PR_RSEQ_SLICE_EXTENSION",
            abi::PR_RSEQ_SLICE_EXTENSION as u64,
        ),
        (
            "PR_RSEQ_SLICE_EXTENSION_GET",
            abi::PR_RSEQ_SLICE_EXTENSION_GET,
        ),
        (
            "PR_RSEQ_SLICE_EXTENSION_SET",
            abi::PR_RSEQ_SLICE_EXTENSION_SET,
        ),
        ("PR_RSEQ_SLICE_EXT_ENABLE", abi::PR_RSEQ_SLICE_EXT_ENABLE),
        ("AT_RSEQ_FEATURE_SIZE", abi::AT_RSEQ_FEATURE_SIZE),
        ("AT_RSEQ_ALIGN", abi::AT_RSEQ_ALIGN),
        (
            "__builtin_offsetof(struct rseq, end)",
            abi::FEATURE_SIZE.into(),
        ),
        ("_Alignof(struct rseq)", abi::LEGACY_SIZE.into()),
        (
            "sizeof(struct rseq_slice_ctrl)",
            size_of::<ControlWord>() as u64,
        ),
        (
            "offsetof(struct rseq, cpu_id_start)",
            offset_of!(Area, cpu_id_start) as u64,
        ),
        (
            "offsetof(struct rseq, cpu_id)",
            offset_of!(Area, cpu_id) as u64,
        ),
        (
            "offsetof(struct rseq, rseq_cs)",
            offset_of!(Area, rseq_cs) as u64,
        ),
        (
            "offsetof(struct rseq, flags)",
            offset_of!(Area, flags) as u64,
        ),
        (
            "offsetof(struct rseq, node_id)",
            offset_of!(Area, node_id) as u64,
        ),
        (
            "offsetof(struct rseq, mm_cid)",
            offset_of!(Area, mm_cid) as u64,
        ),
        (
            "offsetof(struct rseq, slice_ctrl.request)",
            28 + offset_of!(ControlWord, request) as u64,
        ),
        (
            "offsetof(struct rseq, slice_ctrl.granted)",
            28 + offset_of!(ControlWord, granted) as u64,
        ),
    ]
}

/// What the compiler says of these facts; empty if all are true.
fn contradictions(headers: &str, facts: &[(&str, u64)]) -> String {
    let asserts: String = facts
        .iter()
        .map(|(name, value)| format!("_Static_assert({name} == {value}, \"{name}\");\n"))
        .collect();
    let names = [
        "linux/auxvec.h",
        "linux/prctl.h",
        "linux/rseq.h",
        "linux/types.h",
        "asm/unistd.h",
    ];
    let includes: String = names
        .iter()
        .map(|name| format!("#include <{name}>\n"))
        .collect();
    let offsetof = "#define offsetof(type, member) __builtin_offsetof(type, member)\n";
    let number = facts.len();
    let path = env::temp_dir().join(format!("rseq-slice-{}-{number}.c", std::process::id()));
    fs::write(&path, format!("{includes}{offsetof}{asserts}")).unwrap();
    let said = Command::new("cc")
        .args(["-fsyntax-only", "-nostdinc", "-I", headers])
        .arg(&path)
        .output()
        .expect("cc is needed: install gcc");
    fs::remove_file(&path).unwrap();
    String::from_utf8_lossy(&said.stderr).into_owned()
}

#[test]
fn constants() {
    let Ok(headers) = env::var("RSEQ_UAPI") else {
        return;
    };
    assert_eq!(contradictions(&headers, &facts()), "");
    // What is wrong is found.
    assert_ne!(
        contradictions(&headers, &[("PR_RSEQ_SLICE_EXTENSION", 80)]),
        ""
    );
}
