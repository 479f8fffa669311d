//! Why a statement is not taken.

use std::fmt;

/// A statement cannot be used: where, what stands there, what should. Nothing of the statement is taken then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// Counted from 1; `None` = the file as a whole.
    pub line: Option<u64>,
    /// The column's name in the file, or the element's or field's.
    pub column: Option<String>,
    /// At most 80 characters of it.
    pub found: String,
    pub expected: String,
}

/// Characters of a value that are repeated in an error.
const SHOWN: usize = 80;

impl Fault {
    /// A fault of a file as a whole.
    pub fn of(file: &str, found: impl fmt::Display, expected: impl fmt::Display) -> Fault {
        let found =
            found.to_string().chars().map(|c| if c.is_control() { '·' } else { c }).take(SHOWN).collect();
        Fault { file: file.to_owned(), line: None, column: None, found, expected: expected.to_string() }
    }

    /// In this line.
    pub fn at(self, line: u64) -> Fault {
        Fault { line: Some(line), ..self }
    }

    /// In this column.
    pub fn column(self, column: &str) -> Fault {
        Fault { column: Some(column.to_owned()), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": found {:?}, expected {}", self.found, self.expected)
    }
}

impl std::error::Error for Fault {}
