// SPDX-License-Identifier: GPL-2.0

//! `slice`: tells whether programs get time slice extensions, and what becomes of them.

mod counters;
mod doctor;
mod filter;
mod finding;
mod machine;
mod registration;
mod status;

use std::{io, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

/// Time slice extensions: whether they work here, and what becomes of them
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tell what works here, why not, and what to do
    ///
    /// Exits with 1 if something is missing.
    Doctor {
        /// Look at the threads of this process, too
        pid: Option<i32>,
    },
    /// Show what the kernel has counted
    Status {
        /// Go on, and show what was counted in each interval of so many seconds
        #[arg(long, value_name = "SECONDS")]
        every: Option<u64>,
    },
    /// Print a script that completes arguments in a shell
    Completions { shell: Shell },
    /// Print the man page
    Man,
}

fn main() -> ExitCode {
    // Who pipes the output into `head` wants the rest dropped, and no message.
    // SAFETY: No handler is replaced that anybody relies on.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Doctor { pid } => doctor::run(pid, arguments.json),
        Command::Status { every } => status::run(every, arguments.json),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "slice", &mut io::stdout());
            Ok(true)
        }
        Command::Man => man().map_err(|error| error.to_string()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn man() -> io::Result<bool> {
    clap_mangen::Man::new(Arguments::command()).render(&mut io::stdout())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
