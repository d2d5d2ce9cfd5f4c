// SPDX-License-Identifier: GPL-2.0

//! Mutants are switched on one at a time, for the host thread of the test.

use std::{
    cell::{
        Cell,
        RefCell, //
    },
    panic::{
        self,
        AssertUnwindSafe, //
    },
    sync::Once, //
};

thread_local! {
    static MUTANT: Cell<Option<&'static str>> = const { Cell::new(None) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// Says that the mutant `name` is switched on.
pub(crate) fn is_on(name: &str) -> bool {
    MUTANT.get() == Some(name)
}

/// Does something with the mutant `name` switched on.
pub(crate) fn with_mutant<R>(name: &'static str, act: impl FnOnce() -> R) -> R {
    MUTANT.set(Some(name));
    let result = act();
    MUTANT.set(None);
    result
}

/// What `act` says if it panics.
pub(crate) fn failure_of(act: impl FnOnce()) -> Option<String> {
    listen();
    LISTENING.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(act));
    LISTENING.set(false);
    result.err().map(|_| SAID.take().unwrap_or_default())
}

/// Has panics that are expected go to [`SAID`] instead of the log.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if LISTENING.get() {
                SAID.set(Some(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
}
