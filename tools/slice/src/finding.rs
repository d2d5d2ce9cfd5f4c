// SPDX-License-Identifier: GPL-2.0

//! What the doctor finds.

use std::{fmt, io::IsTerminal};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// What a finding means for slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// Slices work, but not as well as they could, or not for all.
    Warning,
    /// Slices do not work.
    Missing,
    /// The caller may not look.
    Unknown,
}

/// One thing that slices depend on.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where to look: "kernel", "thread 4711"
    pub subject: String,
    pub state: State,
    /// What is there.
    pub found: String,
    /// What to do about it, unless it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    pub fn good(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            state: State::Good,
            found: found.into(),
            advice: None,
        }
    }

    pub fn other(
        state: State,
        subject: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let advice = Some(advice.into());
        Self {
            subject: subject.into(),
            state,
            found: found.into(),
            advice,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, color) = match self.state {
            State::Good => ("good", AnsiColor::Green),
            State::Warning => ("warning", AnsiColor::Yellow),
            State::Missing => ("missing", AnsiColor::Red),
            State::Unknown => ("unknown", AnsiColor::Yellow),
        };
        let style = if std::io::stdout().is_terminal() {
            Style::new().fg_color(Some(color.into()))
        } else {
            Style::new()
        };
        write!(
            f,
            "{style}{word:<8}{style:#}{}: {}",
            self.subject, self.found
        )?;
        match &self.advice {
            Some(advice) => write!(f, "\n        {advice}"),
            None => Ok(()),
        }
    }
}
