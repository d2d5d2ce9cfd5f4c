// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Runs the cases of `tests/cases.txt` in a guest, and prints the results as TAP.
//!
//! `cases [replace] EXPECTED`, where EXPECTED is what a thread has to expect there.

use std::{
    arch::asm,
    env,
    process::{exit, ExitCode},
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::{Duration, Instant},
};

use rseq_slice::{set_policy, support, Guard, Mutex, Policy, Slice, SpinLock, Support};

const PATIENCE: Duration = Duration::from_secs(20);
/// How often the contender of a grant wakes up.
const WAKEUP: Duration = Duration::from_micros(200);

type Case = fn() -> Result<(), String>;

/// In the order of the table.
const CASES: [(&str, Case); 10] = [
    ("granted", granted),
    ("nested", nested),
    ("out_of_order", out_of_order),
    ("in_handler", in_handler),
    ("errno", errno),
    ("other_thread", other_thread),
    ("forked", forked),
    ("spinlock", spinlock),
    ("mutex", mutex),
    ("yield_denied", yield_denied),
];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).peekable();
    if arguments.next_if(|word| word == "replace").is_some() {
        set_policy(Policy::Replace);
    }
    let expected = arguments.next().unwrap_or_default();
    println!("1..{}", CASES.len() + 1);
    let registered = c_library_registers();
    let found = name(support());
    // What has no slices to offer is not replaced.
    let kept = support().is_usable() || c_library_registers() == registered;
    let mut failed = report(
        1,
        "support",
        check(found == expected, || support().to_string()).and(check(kept, || {
            "the C library has lost its registration".into()
        })),
    );
    for (number, (name, case)) in (2..).zip(CASES) {
        if support().is_usable() {
            failed |= report(number, name, case());
        } else {
            println!("ok {number} {name} # SKIP {}", support());
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn report(number: usize, name: &str, result: Result<(), String>) -> bool {
    match &result {
        Ok(()) => println!("ok {number} {name}"),
        Err(why) => println!("# {why}\nnot ok {number} {name}"),
    }
    result.is_err()
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(why())
    }
}

/// As in the C header
fn name(support: Support) -> &'static str {
    match support {
        Support::Ready => "ready",
        Support::OldKernel => "old_kernel",
        Support::NotOffered => "not_offered",
        Support::LegacyRegistration => "legacy_registration",
        Support::RegistrationFailed(_) => "registration_failed",
        Support::EnablingFailed(_) => "enabling_failed",
        Support::YieldDenied(_) => "yield_denied",
        _ => "unregistered",
    }
}

/// Whether the area of the C library says that it is registered for this thread.
fn c_library_registers() -> bool {
    const CPU_ID: usize = 4;
    // SAFETY: The name ends with a zero.
    let offset = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_offset".as_ptr()) };
    if offset.is_null() {
        return false;
    }
    // SAFETY: The C library defines it as a `const ptrdiff_t`.
    let offset = unsafe { offset.cast::<isize>().read() };
    let pointer: *const u8;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: By the ABI of threads, the first word there is its own address.
    unsafe {
        asm!("mov {}, fs:[0]", out(reg) pointer);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: Reads a register that the ABI of threads sets aside.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer);
    }
    let cpu_id = pointer.wrapping_offset(offset).wrapping_add(CPU_ID);
    // SAFETY: The area is there in each thread, registered or not.
    unsafe { cpu_id.cast::<i32>().read_volatile() >= 0 }
}

/// A section in which the kernel has granted a slice.
fn obtain() -> Result<Guard, String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let guard = Slice::enter();
        let attempt = Instant::now();
        while attempt.elapsed() < WAKEUP * 5 {
            if guard.is_granted() {
                return Ok(guard);
            }
        }
    }
    Err(format!("no slice was granted: {}", support()))
}

/// Has another thread want the CPU of this one all the time.
fn contended<T>(work: impl FnOnce() -> T) -> T {
    static STOP: AtomicBool = AtomicBool::new(false);
    STOP.store(false, Relaxed);
    pin_to_last_cpu();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !STOP.load(Relaxed) {
                thread::sleep(WAKEUP);
            }
        });
        let result = work();
        STOP.store(true, Relaxed);
        result
    })
}

fn granted() -> Result<(), String> {
    contended(|| {
        for _ in 0..20 {
            let guard = obtain()?;
            drop(guard);
            check(!Slice::enter().is_granted(), || {
                "a grant goes on after its section".into()
            })?;
        }
        Ok(())
    })
}

fn nested() -> Result<(), String> {
    contended(|| {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let outer = obtain()?;
            let inner = Slice::enter();
            drop(inner);
            // Unless it was over by then
            if outer.is_granted() {
                return Ok(());
            }
        }
        Err("an inner section ends the grant".into())
    })
}

fn out_of_order() -> Result<(), String> {
    contended(|| {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let first = obtain()?;
            let second = Slice::enter();
            drop(first);
            if second.is_granted() {
                return Ok(());
            }
        }
        Err("the grant ends with the section that began first".into())
    })
}

static HANDLED: AtomicU64 = AtomicU64::new(0);

extern "C" fn handler(_: i32) {
    let guard = Slice::enter();
    HANDLED.fetch_add(1, Relaxed);
    drop(guard);
}

/// Signals hit the thread between any two instructions of its sections.
fn in_handler() -> Result<(), String> {
    let handler = handler as extern "C" fn(i32) as libc::sighandler_t;
    // SAFETY: The handler uses nothing but an atomic variable and sections.
    unsafe { libc::signal(libc::SIGALRM, handler) };
    // An odd number, so that signals do not keep step with the contender.
    let interval = libc::timeval {
        tv_sec: 0,
        tv_usec: 73,
    };
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    // SAFETY: The structure is complete.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, core::ptr::null_mut()) };
    let result: Result<(), String> = contended(|| {
        let start = Instant::now();
        while HANDLED.load(Relaxed) < 2000 {
            drop(Slice::enter());
            check(start.elapsed() < PATIENCE, || "too few signals".into())?;
        }
        Ok(())
    });
    let never = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let timer = libc::itimerval {
        it_interval: never,
        it_value: never,
    };
    // SAFETY: The structure is complete.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, core::ptr::null_mut()) };
    result?;
    contended(|| obtain().map(drop))
}

fn errno() -> Result<(), String> {
    contended(|| {
        // SAFETY: Always returns a valid address.
        let errno = unsafe { libc::__errno_location() };
        for _ in 0..20 {
            let guard = obtain()?;
            // SAFETY: A variable of this thread.
            unsafe { errno.write(4711) };
            drop(guard);
            // SAFETY: A variable of this thread.
            let found = unsafe { errno.read() };
            check(found == 4711, || format!("errno is {found}"))?;
        }
        Ok(())
    })
}

/// Threads come and go, and each one gets slices.
fn other_thread() -> Result<(), String> {
    for _ in 0..10 {
        thread::spawn(|| contended(|| obtain().map(drop)))
            .join()
            .map_err(|_| "panicked")??;
    }
    Ok(())
}

/// A section that is open when a process forks goes on in both.
fn forked() -> Result<(), String> {
    let guard = Slice::enter();
    in_child(|| {
        drop(guard);
        contended(|| obtain().map(drop)).is_ok()
    })?;
    contended(|| obtain().map(drop))
}

/// What a lock protects is consistent, with more threads than CPUs, some of which are preempted.
fn spinlock() -> Result<(), String> {
    let lock = Arc::new(SpinLock::new([0_u64; 2]));
    add_up(4, 20_000, move || {
        let mut both = lock.lock();
        both[0] += 1;
        both[1] += 1;
        both[0] == both[1]
    })
}

fn mutex() -> Result<(), String> {
    let lock = Arc::new(Mutex::new([0_u64; 2]));
    let timed = Arc::clone(&lock);
    let held = lock.lock();
    let refused = thread::scope(|scope| {
        scope
            .spawn(|| timed.try_lock_for(Duration::from_millis(5)).is_none())
            .join()
    });
    check(refused.is_ok_and(|refused| refused), || {
        "two threads have the lock".into()
    })?;
    drop(held);
    add_up(4, 20_000, move || {
        let mut both = lock.lock();
        both[0] += 1;
        both[1] += 1;
        both[0] == both[1]
    })
}

fn add_up(
    threads: usize,
    rounds: usize,
    add: impl Fn() -> bool + Send + Clone + 'static,
) -> Result<(), String> {
    let running: Vec<_> = (0..threads)
        .map(|_| {
            let add = add.clone();
            thread::spawn(move || (0..rounds).all(|_| add()))
        })
        .collect();
    for thread in running {
        check(thread.join().is_ok_and(|held| held), || {
            "the lock does not exclude".into()
        })?;
    }
    Ok(())
}

/// Filters of containers do not know the yield.
fn yield_denied() -> Result<(), String> {
    for error in [libc::EPERM, libc::ENOSYS] {
        in_child(|| {
            deny(rseq_slice::abi::SYS_RSEQ_SLICE_YIELD as u32, error)
                && contended(|| (0..20).all(|_| obtain().is_ok()))
                && support() == Support::YieldDenied(error)
        })?;
    }
    Ok(())
}

/// Has a system call fail in this process from now on.
fn deny(number: u32, error: i32) -> bool {
    let op = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let mut filter = [
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number),
        op(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | error as u32,
        ),
        op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: All arguments are values.
    let alone = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } == 0;
    // SAFETY: The program is complete.
    alone && unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) } == 0
}

fn in_child(work: impl FnOnce() -> bool) -> Result<(), String> {
    // SAFETY: Only this thread runs, as the others have been joined.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        exit(if work() { 0 } else { 1 });
    }
    let mut status = 0;
    // SAFETY: The variable is there.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    check(pid > 0 && status == 0, || {
        format!("the child ends with status {status:#x}")
    })
}

fn pin_to_last_cpu() {
    // SAFETY: A set of zeroes is empty.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: The variable is there.
    unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    // SAFETY: The numbers are within the set.
    let last = (0..libc::CPU_SETSIZE as usize).rfind(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) });
    if let Some(last) = last {
        // SAFETY: A set of zeroes is empty.
        set = unsafe { core::mem::zeroed() };
        // SAFETY: The number was in such a set.
        unsafe { libc::CPU_SET(last, &mut set) };
        // SAFETY: The variable is there.
        unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
    }
}
