//! How a worker takes rights away from itself before it reads its first message.
//!
//! `child` calls [`before_threads`] on the main thread, starts the engine (which reserves stacks and the code arena), then calls
//! [`after_threads`]; the [`Report`] travels to the server with the worker's greeting. Two steps, since threads inherit the
//! file-system rules but must exist before the system-call filter is applied to all of them.
//! Invariants: nothing here can be undone by the process; a part that the system does not offer is named in the report and never
//! passed over in silence. Evaluated code has no way to these calls anyway: this is the second wall, not the first.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How far one measure got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// In force as asked.
    Enforced,
    /// In force as far as this system's version goes.
    Partly,
    /// This system does not offer it.
    Unavailable,
    /// The system offers it but refused.
    Failed,
}

/// What a worker gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Handles beyond the three standard ones are closed.
    pub handles: Measure,
    /// Memory and core-dump limits of the system, a backstop above the collector's own limit.
    pub limits: Measure,
    /// No file can be opened, no address connected to.
    pub files: Measure,
    /// No process, socket or tracing call.
    pub calls: Measure,
}

impl Report {
    /// The report of a system on which nothing is available.
    pub const NONE: Report = Report {
        handles: Measure::Unavailable,
        limits: Measure::Unavailable,
        files: Measure::Unavailable,
        calls: Measure::Unavailable,
    };

    /// Whether every measure is in force as asked.
    pub fn is_complete(&self) -> bool {
        [self.handles, self.limits, self.files, self.calls].iter().all(|it| *it == Measure::Enforced)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::Enforced => "yes",
            Measure::Partly => "partly",
            Measure::Unavailable => "not on this system",
            Measure::Failed => "refused by the system",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { handles, limits, files, calls } = self;
        write!(f, "handles closed: {handles}, limits: {limits}, files barred: {files}, system calls barred: {calls}")
    }
}

#[cfg(target_os = "linux")]
pub use linux::{after_threads, before_threads};

#[cfg(not(target_os = "linux"))]
pub use portable::{after_threads, before_threads};

/// Systems for which no lock-down is written: the worker is still a process of its own with its own limits, and says so.
#[cfg(not(target_os = "linux"))]
mod portable {
    use super::Report;

    /// Takes nothing away; the report says so.
    pub fn before_threads(_address_space: u64) -> Report {
        Report::NONE
    }

    /// Takes nothing away; the report says so.
    pub fn after_threads(report: Report) -> Report {
        report
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Measure, Report};
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
    };
    use rustix::process::{Resource, Rlimit, Signal};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    };
    use std::collections::BTreeMap;

    #[cfg(not(minilive_counts))]
    use self::bar_files as bar;
    #[cfg(minilive_counts)]
    use self::bar_files_unless_counts_are_wanted as bar;

    /// How much nicer than the server a worker is, so that answers to the editor go first.
    const NICER: i32 = 5;

    /// Closes inherited handles, limits memory to `address_space` bytes (reservations count), bars the file system and network.
    pub fn before_threads(address_space: u64) -> Report {
        let handles = close_inherited();
        let limits = limit(address_space);
        let files = bar().unwrap_or(Measure::Failed);
        Report { handles, limits, files, calls: Measure::Unavailable }
    }

    /// Bars system calls on all threads of the process.
    pub fn after_threads(report: Report) -> Report {
        let calls = match bar_calls() {
            Ok(()) => Measure::Enforced,
            Err(_) => Measure::Failed,
        };
        Report { calls, ..report }
    }

    /// The standard three stay: they are the worker's own pipes.
    fn close_inherited() -> Measure {
        let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
            return Measure::Unavailable;
        };
        let numbers: Vec<i32> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|it| *it > 2)
            .collect();
        for number in numbers {
            // The handle that listed the folder is among the numbers and closed by now; that one error is expected.
            let _ = nix::unistd::close(number);
        }
        Measure::Enforced
    }

    fn limit(address_space: u64) -> Measure {
        let set = |resource, most| {
            rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).is_ok()
        };
        let limited = set(Resource::As, address_space) & set(Resource::Core, 0);
        let dies_with_parent = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
        let nicer = rustix::process::nice(NICER).is_ok();
        if limited && dies_with_parent && nicer { Measure::Enforced } else { Measure::Failed }
    }

    #[inline(never)]
    fn bar_files() -> Result<Measure, landlock::RulesetError> {
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .restrict_self()?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Measure::Enforced,
            RulesetStatus::PartiallyEnforced => Measure::Partly,
            RulesetStatus::NotEnforced => Measure::Unavailable,
        })
    }

    /// Only where `cargo xtask release` has built this to count: where it names a file, that is to be written as the process ends. Servers start
    /// their workers without any environment. A function of its own, and neither becomes a part of its caller, lest counts of one be taken for
    /// those of the other.
    #[cfg(minilive_counts)]
    #[inline(never)]
    fn bar_files_unless_counts_are_wanted() -> Result<Measure, landlock::RulesetError> {
        if std::env::var_os("LLVM_PROFILE_FILE").is_some() { Ok(Measure::Unavailable) } else { bar_files() }
    }

    /// Calls that make processes, sockets or reach into other processes; `io_uring` would go round the filter.
    const BARRED: &[i64] = &[
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_kill,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_pidfd_send_signal,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_chroot,
        libc::SYS_pivot_root,
        libc::SYS_open_by_handle_at,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_personality,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_fork,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_vfork,
    ];

    fn bar_calls() -> Result<(), seccompiler::Error> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BARRED.iter().map(|call| (*call, Vec::new())).collect();
        // A clone that makes a thread is allowed, one that makes a process is not.
        let no_thread =
            SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64), 0)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![no_thread])?]);
        apply(rules, libc::EPERM as u32)?;
        // The flags of clone3 lie in memory and cannot be looked at: the C library falls back to clone on this answer.
        apply(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS as u32)
    }

    fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: u32) -> Result<(), seccompiler::Error> {
        let arch = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch)?;
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter_all_threads(&program)
    }
}
