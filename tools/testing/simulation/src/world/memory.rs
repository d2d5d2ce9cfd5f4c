// SPDX-License-Identifier: GPL-2.0

//! User memory, and the faults of the kernel that accesses it.

use super::{
    check::{
        violated,
        Contract, //
    },
    chooser,
    frame,
    point::{
        Event,
        Op, //
    },
    scheduler,
    with, //
};
use std::collections::BTreeMap;

/// The end of user space, that of x86_64 with four levels of page tables.
pub(crate) const TASK_SIZE: u64 = 0x7fff_ffff_f000;

/// Bytes of a page.
pub(crate) const PAGE: u64 = 4096;

/// What there is of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// All.
    Present,
    /// It can be read.
    ReadOnly,
    /// A fault brings it in.
    Missing,
    /// Nothing, a fault is in vain.
    Gone,
}

/// The kinds of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// A load.
    Load,
    /// A store.
    Store,
}

#[derive(Clone)]
struct Page {
    presence: Presence,
    bytes: [u8; PAGE as usize],
}

/// An address space.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pages: BTreeMap<u64, Page>,
}

impl Memory {
    /// Maps the page at `addr`, if there is none.
    pub(crate) fn map(&mut self, addr: u64) {
        self.pages.entry(addr / PAGE).or_insert(Page {
            presence: Presence::Present,
            bytes: [0; PAGE as usize],
        });
    }

    /// What there is of the page at `addr`.
    pub(crate) fn presence(&self, addr: u64) -> Presence {
        match self.pages.get(&(addr / PAGE)) {
            Some(page) => page.presence,
            None => Presence::Gone,
        }
    }

    /// Changes what there is of the page at `addr`.
    pub(crate) fn set_presence(&mut self, addr: u64, presence: Presence) {
        if let Some(page) = self.pages.get_mut(&(addr / PAGE)) {
            page.presence = presence;
        }
    }

    /// Has every page brought in anew, as fork does with pages that are written to.
    pub(crate) fn page_out(&mut self) {
        for page in self.pages.values_mut() {
            if page.presence == Presence::Present {
                page.presence = Presence::Missing;
            }
        }
    }

    /// The 8 bytes at `addr`, 0 where nothing is mapped.
    pub(crate) fn read(&self, addr: u64) -> [u8; 8] {
        core::array::from_fn(|index| {
            let addr = addr + index as u64;
            match self.pages.get(&(addr / PAGE)) {
                Some(page) => page.bytes[(addr % PAGE) as usize],
                None => 0,
            }
        })
    }

    /// Writes `bytes` to `addr`, as far as something is mapped.
    pub(crate) fn write(&mut self, addr: u64, bytes: &[u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            let addr = addr + index as u64;
            if let Some(page) = self.pages.get_mut(&(addr / PAGE)) {
                page.bytes[(addr % PAGE) as usize] = *byte;
            }
        }
    }
}

/// Something happens to the page of the current task at `addr`. What is gone stays so.
pub(crate) fn change(addr: u64, presence: Presence) {
    with(|world| {
        let memory = world.memory();
        if memory.presence(addr) != Presence::Gone {
            memory.set_presence(addr, presence);
        }
    });
}

/// An access of the kernel to the memory of the current task: says that it succeeds, after a fault
/// if need be.
pub(crate) fn reach(addr: u64, access: Access) -> bool {
    // Behind user space lies a page that nobody has, where masked addresses lead.
    if addr >= TASK_SIZE + PAGE {
        violated(Contract::NoKernelAddress, format_args!("{addr:#x}"));
    }
    loop {
        match with(|world| world.memory().presence(addr)) {
            Presence::Present => return true,
            Presence::ReadOnly => return access == Access::Load,
            Presence::Gone => return false,
            Presence::Missing if with(|world| world.frame().faults_off) => return false,
            Presence::Missing => serve(addr),
        }
    }
}

/// Brings a page in.
fn serve(addr: u64) {
    let frame = with(|world| *world.frame());
    if !frame.interrupts_on || frame.preemption_off > 0 {
        violated(Contract::NoFaultHere, format_args!("{addr:#x}"));
    }
    frame::in_fault(|| {
        if chooser::choose(Op::Fault, &[Event::Nothing, Event::Sleep]) == Event::Sleep {
            scheduler::sleep();
        }
        with(|world| {
            let memory = world.memory();
            if memory.presence(addr) == Presence::Missing {
                memory.set_presence(addr, Presence::Present);
            }
        });
    });
}
