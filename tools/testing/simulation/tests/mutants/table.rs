// SPDX-License-Identifier: GPL-2.0

//! The mutants, as the build script puts them in.

/// A mistake: `original` in `file` becomes `mutated`, in which `{mutant}` says whether it is on.
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) original: &'static str,
    pub(crate) mutated: &'static str,
}

const fn mutant(
    name: &'static str,
    file: &'static str,
    original: &'static str,
    mutated: &'static str,
) -> Mutant {
    Mutant {
        name,
        file,
        original,
        mutated,
    }
}

/// All of them: those of C first, then others in the concepts, in the machine, in the C code.
pub(crate) const MUTANTS: &[Mutant] = &[
    mutant(
        "later_reschedule_is_dropped",
        "rust/slice/grant.rs",
        "if task.marks().rescheduled() {",
        "if !{mutant} && task.marks().rescheduled() {",
    ),
    mutant(
        "realtime_reschedule_is_dropped",
        "src/world/flags.rs",
        "let delayed = world.setup.delayed();",
        "let delayed = if {mutant} { Work::ANY_RESCHEDULE } else { world.setup.delayed() };",
    ),
    mutant(
        "suppressed_yield_is_reported",
        "rust/slice/end.rs",
        "if !granted {\n        forget(slice);",
        "if !granted {\n        if !{mutant} {\n            \
         slice.set_yielded(false);\n        }\n        slice.unwatch_syscalls();",
    ),
    mutant(
        "noted_yield_is_not_watched",
        "rust/slice/end.rs",
        "task.slice().set_yielded(true);",
        "task.slice().set_yielded(true);\n            if {mutant} {\n                \
         task.slice().unwatch_syscalls();\n            }",
    ),
    mutant(
        "ended_grant_is_watched",
        "rust/slice/end.rs",
        "    slice.set_yielded(false);\n    slice.unwatch_syscalls();\n",
        "    slice.set_yielded(false);\n    if !{mutant} {\n        \
         slice.unwatch_syscalls();\n    }\n",
    ),
    mutant(
        "descriptor_is_loaded_at_once",
        "rust/critical_section/position.rs",
        "let start = fields.start()?;",
        "let start = fields.start()?;\n    if {mutant} {\n        fields.length()?;\n    }",
    ),
    mutant(
        "membarrier_requests_nothing",
        "src/world/marking.rs",
        "if with(|world| world.current().rseq.granted) {",
        "if !{mutant} && with(|world| world.current().rseq.granted) {",
    ),
    mutant(
        "exit_ends_nothing",
        "src/world/marking.rs",
        "if with(|world| core::mem::take(&mut world.current().rseq.granted)) {",
        "if !{mutant} && with(|world| core::mem::take(&mut world.current().rseq.granted)) {",
    ),
    mutant(
        "preempted_syscall_is_not_counted",
        "rust/slice/end.rs",
        "count(Counter::Revoked);",
        "if !{mutant} {\n                count(Counter::Revoked);\n            }",
    ),
    mutant(
        "debug_mode_minds_a_new_request",
        "rust/slice/end.rs",
        "!(granted && ctrl.request != 0)",
        "!((granted || {mutant}) && ctrl.request != 0)",
    ),
    mutant(
        "debug_mode_evaluates_0",
        "rust/critical_section.rs",
        "if announcement != NONE && (",
        "if (announcement != NONE || {mutant} && debugging()) && (",
    ),
    mutant(
        "call_in_a_region",
        "rust/slice/grant.rs",
        "area.store(field!(Area, slice_ctrl), ctrl)?;",
        "area.store(field!(Area, slice_ctrl), ctrl)?;\n        if {mutant} {\n            \
         count(Counter::Granted);\n        }",
    ),
    mutant(
        "expired_grant_goes_out",
        "rust/slice/expiry.rs",
        "return Next::ExitWork;",
        "return if {mutant} { Next::UserSpace } else { Next::ExitWork };",
    ),
    mutant(
        "revoked_grant_stays",
        "rust/slice.rs",
        "    slice.end();\n",
        "    if !{mutant} {\n        slice.end();\n    }\n",
    ),
    mutant(
        "update_keeps_the_grant",
        "rust/ids.rs",
        "|area| resume(task, area)?);\n\n    slice::revoke(task);",
        "|area| resume(task, area)?);\n\n    if !{mutant} {\n        slice::revoke(task);\n    }",
    ),
    mutant(
        "published_ids_are_not_remembered",
        "rust/ids.rs",
        "task.set_ids(ids);",
        "if !{mutant} {\n        task.set_ids(ids);\n    }",
    ),
    mutant(
        "ids_are_read_before_the_mark",
        "rust/user_return.rs",
        "let ids = context.with_interrupts_off(|interrupts| {\n        \
         task.marks().take(interrupts).then(|| task.current_ids())\n    });",
        "let early = {mutant}.then(|| task.current_ids());\n    \
         let ids = context.with_interrupts_off(|interrupts| {\n        \
         task.marks().take(interrupts).then(|| early.unwrap_or_else(|| task.current_ids()))\n    \
         });",
    ),
    mutant(
        "registration_marks_nothing",
        "rust/registration.rs",
        "task.marks().set();",
        "if !{mutant} {\n        task.marks().set();\n    }",
    ),
    mutant(
        "handler_may_be_anywhere",
        "rust/critical_section/position.rs",
        "let (entry, prefix) =",
        "let space = if {mutant} { UserSpace::ending_at(u64::MAX) } else { space };\n    \
         let (entry, prefix) =",
    ),
    mutant(
        "interrupts_stay_on",
        "src/machine/context.rs",
        "with(|world| world.frame().interrupts_on = false);\n    let result",
        "with(|world| world.frame().interrupts_on = {mutant});\n    let result",
    ),
    mutant(
        "preemption_stays_off",
        "src/machine/context.rs",
        "with(|world| world.frame().preemption_off -= 1);",
        "with(|world| world.frame().preemption_off -= u32::from(!{mutant}));",
    ),
    mutant(
        "mirror_is_forgotten",
        "src/machine/context.rs",
        "flags::set_need_resched(Part::Mirror);",
        "if !{mutant} {\n            flags::set_need_resched(Part::Mirror);\n        }",
    ),
    mutant(
        "fast_path_takes_faults",
        "src/machine/context.rs",
        "world.frame().faults_off = true",
        "world.frame().faults_off = !{mutant}",
    ),
    mutant(
        "region_stays_open",
        "src/machine/user_memory.rs",
        "world.frame().region_open = false",
        "world.frame().region_open = {mutant}",
    ),
    mutant(
        "region_is_not_opened",
        "src/machine/user_memory.rs",
        "world.frame().region_open = true",
        "world.frame().region_open = !{mutant}",
    ),
    mutant(
        "marks_are_ignored",
        "src/world/exit.rs",
        "if work.has(Work::RSEQ) {",
        "if work.has(Work::RSEQ) && !{mutant} {",
    ),
    mutant(
        "timer_is_not_armed",
        "src/world/exit.rs",
        "offered && granted && entry_points",
        "offered && granted && !{mutant} && entry_points",
    ),
    mutant(
        "timer_is_not_programmed",
        "src/world/exit.rs",
        "        world.rearm_deferred(work);\n        world.frame()",
        "        if !{mutant} {\n            world.rearm_deferred(work);\n        }\n        \
         world.frame()",
    ),
    mutant(
        "fault_of_the_fast_path_is_ignored",
        "src/world/exit.rs",
        "if !entry_points::exit_user_update() {",
        "if !entry_points::exit_user_update() && !{mutant} {",
    ),
    mutant(
        "scheduler_marks_nobody",
        "src/world/scheduler.rs",
        "    if switched {\n",
        "    if switched && !{mutant} {\n",
    ),
];
