// SPDX-License-Identifier: GPL-2.0

//! The configuration that is simulated, and the mutants of what is tested.

use std::{
    collections::BTreeMap,
    env,
    fs,
    path::{
        Path,
        PathBuf, //
    }, //
};

#[path = "tests/mutants/table.rs"]
mod table;

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

    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("mutated");
    let trees = [
        ("rust", here.join("../../../rust")),
        ("src", here.join("src")),
    ];
    let mut files = BTreeMap::new();
    for (name, directory) in &trees {
        println!("cargo::rerun-if-changed={}", directory.display());
        read(directory, Path::new(name), &mut files);
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tests/mutants/table.rs");

    for mutant in table::MUTANTS {
        mutate(mutant, files.get_mut(Path::new(mutant.file)));
    }
    for (path, text) in &files {
        let path = out.join(path);
        fs::create_dir_all(path.parent().expect("a file in a directory")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    let modules = MODULES.replace("{out}", out.to_str().expect("a path in UTF-8"));
    fs::write(out.join("modules.rs"), modules).expect("writable");
}

/// Reads all Rust files of a directory.
fn read(directory: &Path, name: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        let name = name.join(path.file_name().expect("a name"));
        if path.is_dir() {
            read(&path, &name, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name, fs::read_to_string(path).expect("readable"));
        }
    }
}

/// Puts a mutation into a file, to be switched on at run time. The original has to be there, once.
fn mutate(mutant: &table::Mutant, file: Option<&mut String>) {
    let name = mutant.name;
    let text = file.unwrap_or_else(|| panic!("{name}: no such file as {}", mutant.file));
    let found = text.matches(mutant.original).count();
    assert_eq!(found, 1, "{name}: the original is there {found} times");

    let condition = format!("crate::mutation::is_on(\"{name}\")");
    let mutated = mutant.mutated.replace("{mutant}", &condition);
    *text = text.replace(mutant.original, &mutated);
}

/// The modules of a crate with the mutants in them.
const MODULES: &str = r#"
#[path = "{out}/rust"]
mod shipped {
    pub(crate) mod abi;
    pub(crate) mod critical_section;
    pub(crate) mod failure;
    pub(crate) mod ids;
    pub(crate) mod registration;
    pub(crate) mod slice;
    pub(crate) mod user_return;
}
#[path = "{out}/src"]
mod simulated {
    pub(crate) mod entry_points;
    pub(crate) mod machine;
    pub(crate) mod world;
    pub(crate) mod tests {
        pub(crate) mod random {
            pub(crate) mod program;
            pub(crate) mod run;
        }
        pub(crate) mod stage;
        pub(crate) mod thread;
    }
}
pub(crate) use shipped::{abi, critical_section, failure, ids, registration, slice, user_return};
pub(crate) use simulated::{entry_points, machine, tests, world};
"#;
