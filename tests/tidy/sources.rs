//! The Rust files of the workspace.

use std::path::{Path, PathBuf};

/// One file.
pub struct Source {
    /// From the root of the repository, with forward slashes.
    pub path: String,
    text: String,
}

impl Source {
    /// All lines, numbered from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// Lines without comments, numbered from 1.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(at, line)| {
            (at, line.find("//").filter(|at| !in_text(&line[..*at])).map_or(line, |at| &line[..at]))
        })
    }

    /// Made by a program of ours, which says so in the first line.
    pub fn generated(&self) -> bool {
        self.text.lines().next().is_some_and(|line| line.starts_with("// Generated "))
    }

    /// A place for a person to go to.
    pub fn at(&self, line: usize, text: &str) -> String {
        format!("{}:{line}: {}", self.path, text.trim())
    }
}

/// Is the end of `before` inside a string literal? Good enough for lines of ours: an odd number of quotes.
fn in_text(before: &str) -> bool {
    before.matches('"').count() % 2 == 1
}

/// The folder of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files of the workspace.
pub fn rust_files() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "ocpp", "tariffs", "energy", "csms", "roaming", "web", "conformance"] {
        walk(&root().join(folder), &mut found);
    }
    assert!(found.len() > 30, "the walk finds the sources");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            walk(&path, found);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}
