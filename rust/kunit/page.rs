// SPDX-License-Identifier: GPL-2.0

//! A page of user memory: the area at its start, and what a thread needs for a critical section.

use super::{
    Registers,
    SIG, //
};
use crate::{
    abi::*,
    ids::Fields, //
};
use core::mem::offset_of;
use kernel::{
    bindings,
    page::PAGE_SIZE,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

pub(super) const FILL: u8 = 0xa5;

// The values of the generic <asm/mman.h>.
pub(super) const PROT_READ: usize = 0x1;
pub(super) const PROT_WRITE: usize = 0x2;
const MAP_PRIVATE: usize = 0x02;
const MAP_FIXED: usize = 0x10;
const MAP_ANONYMOUS: usize = 0x20;

// Where the page holds what a thread needs for a critical section; the instructions are imaginary.
pub(super) const DESCRIPTOR: usize = 0x100;
pub(super) const START: usize = 0x200;
pub(super) const LENGTH: usize = 0x40;
pub(super) const HANDLER: usize = 0x300;

/// Maps a page of user memory that has not been touched yet, at `addr` with `MAP_FIXED`.
pub(super) fn map(addr: usize, prot: usize, flags: usize) -> Result<usize> {
    // SAFETY: Called from a KUnit test, so there is a current test.
    let test = unsafe { bindings::kunit_get_current_test() };
    // SAFETY: `test` is valid, and the mapping is anonymous.
    let page = unsafe {
        bindings::kunit_vm_mmap(
            test,
            core::ptr::null_mut(),
            addr,
            PAGE_SIZE,
            prot,
            MAP_PRIVATE | MAP_ANONYMOUS | flags,
            0,
        )
    };
    if page == 0 {
        return Err(ENOMEM);
    }
    Ok(page)
}

/// A page of user memory.
pub(super) struct Page {
    /// Its address.
    pub(super) page: usize,
}

impl Page {
    /// Maps a page.
    pub(super) fn map(prot: usize) -> Result<Self> {
        Ok(Self {
            page: map(0, prot, 0)?,
        })
    }

    /// Fills the page with garbage.
    pub(super) fn fill(&self) -> Result {
        let mut page = UserSlice::new(UserPtr::from_addr(self.page), PAGE_SIZE).writer();
        for _ in 0..PAGE_SIZE {
            page.write(&FILL)?;
        }
        Ok(())
    }

    /// Registers with the instruction pointer at `offset` of the page.
    pub(super) fn regs(&self, offset: usize) -> Registers {
        Registers::at((self.page + offset) as u64)
    }

    /// A section that nothing is wrong with.
    pub(super) fn section(&self) -> Section {
        Section {
            start: (self.page + START) as u64,
            length: LENGTH as u64,
            abort: (self.page + HANDLER) as u64,
        }
    }

    /// The address of the descriptor.
    pub(super) fn descriptor(&self) -> u64 {
        (self.page + DESCRIPTOR) as u64
    }

    /// Writes the descriptor of `section`, and the signature in front of the usual handler.
    pub(super) fn describe(&self, section: Section) -> Result {
        self.write(DESCRIPTOR + offset_of!(Descriptor, version), 0u32)?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, flags), 0u32)?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, start_ip), section.start)?;
        self.write(
            DESCRIPTOR + offset_of!(Descriptor, post_commit_offset),
            section.length,
        )?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, abort_ip), section.abort)?;
        self.write(HANDLER - size_of_val(&SIG), SIG)
    }

    /// Writes the descriptor of `section` to the end of the page, as far as `len` bytes of it, and
    /// returns its address. The next page is not there.
    pub(super) fn describe_cut_off(&self, section: Section, len: usize) -> Result<u64> {
        let at = PAGE_SIZE - len;
        // SAFETY: What there is in the address space of this thread is its own.
        let _ = unsafe { bindings::vm_munmap(self.page + PAGE_SIZE, PAGE_SIZE) };
        for (offset, value) in [
            (offset_of!(Descriptor, version), 0),
            (offset_of!(Descriptor, start_ip), section.start),
            (offset_of!(Descriptor, post_commit_offset), section.length),
            (offset_of!(Descriptor, abort_ip), section.abort),
        ] {
            if offset < len {
                self.write(at + offset, value)?;
            }
        }
        Ok((self.page + at) as u64)
    }

    pub(super) fn announce(&self, descriptor: u64) -> Result {
        self.write(offset_of!(Area, rseq_cs), descriptor)
    }

    pub(super) fn announced(&self) -> Result<u64> {
        self.read(offset_of!(Area, rseq_cs))
    }

    /// The ID fields in the area.
    pub(super) fn fields(&self) -> Result<Fields> {
        Ok(Fields {
            cpu_id_start: self.read(offset_of!(Area, cpu_id_start))?,
            cpu_id: self.read(offset_of!(Area, cpu_id))?,
            node_id: self.read(offset_of!(Area, node_id))?,
            mm_cid: self.read(offset_of!(Area, mm_cid))?,
        })
    }

    pub(super) fn read<T: FromBytes>(&self, offset: usize) -> Result<T> {
        UserSlice::new(UserPtr::from_addr(self.page + offset), size_of::<T>())
            .reader()
            .read()
    }

    pub(super) fn write<T: AsBytes>(&self, offset: usize, value: T) -> Result {
        UserSlice::new(UserPtr::from_addr(self.page + offset), size_of::<T>())
            .writer()
            .write(&value)
    }

    pub(super) fn flags(&self) -> Result<u32> {
        self.read(offset_of!(Area, flags))
    }

    pub(super) fn ctrl(&self) -> Result<u32> {
        self.read(offset_of!(Area, slice_ctrl))
    }

    pub(super) fn set_ctrl(&self, word: u32) -> Result {
        self.write(offset_of!(Area, slice_ctrl), word)
    }

    pub(super) fn unmap(&self) {
        // SAFETY: The page is a mapping of this thread's own address space.
        let _ = unsafe { bindings::vm_munmap(self.page, PAGE_SIZE) };
    }

    /// Has the page vanish and come back empty, not to be had without a page fault.
    pub(super) fn swap_out(&self) -> Result {
        self.unmap();
        map(self.page, PROT_READ | PROT_WRITE, MAP_FIXED).map(|_| ())
    }
}
