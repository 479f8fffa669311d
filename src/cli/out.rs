//! What commands print: text, tables, JSON.

use std::io::{self, Write};

/// Prints to standard output. A reader that has gone (`csms station list | head`) is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a value as JSON, two spaces deep.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// A table for people: columns as wide as their widest cell, control characters shown as `·`
/// (a station's words must not steer the terminal).
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(&mut head.iter().copied());
    for row in &rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

fn clean(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["DE-1".into(), "ocpp1.6".into()], vec!["X".into(), String::new()]];
        assert_eq!(table(&["STATION", "PROTOCOL"], &rows), "STATION  PROTOCOL\nDE-1     ocpp1.6\nX\n");
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let rows = vec![vec!["\u{1b}[31mred\n".into()]];
        assert_eq!(table(&["VENDOR"], &rows), "VENDOR\n·[31mred·\n");
    }
}
