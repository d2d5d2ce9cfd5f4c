// SPDX-License-Identifier: GPL-2.0

//! `slice doctor`: what works here, why not, and what to do.

use rseq_slice::{set_policy, Policy, Support};

use crate::{
    filter,
    finding::{Finding, State},
    machine, registration,
};

/// Shows what it finds. Returns whether nothing is missing.
///
/// # Errors
///
/// A sentence.
pub fn run(pid: Option<i32>, json: bool) -> Result<bool, String> {
    let mut findings = machine::findings();
    findings.push(filter::finding());
    match pid {
        Some(pid) => findings.extend(registration::of_process(pid)?),
        None => findings.extend(programs()),
    }
    if json {
        let text = serde_json::to_string_pretty(&findings).expect("text can be written");
        println!("{text}");
    } else {
        for finding in &findings {
            println!("{finding}");
        }
    }
    Ok(findings
        .iter()
        .all(|finding| finding.state != State::Missing))
}

/// What a program gets that uses the crate or the header, by policy.
fn programs() -> Vec<Finding> {
    let kept = std::thread::spawn(rseq_slice::support).join();
    set_policy(Policy::Replace);
    let replaced = std::thread::spawn(rseq_slice::support).join();
    let (Ok(kept), Ok(replaced)) = (kept, replaced) else {
        return Vec::new();
    };
    let mut findings = vec![judge("programs with rseq-slice", kept)];
    if kept == Support::LegacyRegistration {
        findings.push(judge("the same with Policy::Replace", replaced));
    }
    findings
}

fn judge(subject: &str, support: Support) -> Finding {
    let text = support.to_string();
    let (found, advice) = text.split_once(": ").unwrap_or((&text, ""));
    let state = match support {
        Support::Ready => return Finding::good(subject, found),
        Support::YieldDenied(_) | Support::LegacyRegistration => State::Warning,
        _ => State::Missing,
    };
    Finding::other(state, subject, found, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obstacles_come_with_advice() {
        assert_eq!(judge("programs", Support::Ready).state, State::Good);
        let missing = judge("programs", Support::NotOffered);
        assert_eq!(missing.state, State::Missing);
        assert_eq!(missing.found, "the kernel does not offer slices");
        assert!(missing
            .advice
            .unwrap()
            .contains("CONFIG_RSEQ_SLICE_EXTENSION"));
    }
}
