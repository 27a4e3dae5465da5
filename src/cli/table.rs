//! Columns for people. Values come from the outside, so control characters are shown, never obeyed.

use std::io::{self, Write};

use serde_json::Value;

use super::client::word;

/// Writes rows under headings; the fields are named by the second of each pair.
pub(super) fn write(out: &mut dyn Write, columns: &[(&str, &str)], rows: &[&Value]) -> io::Result<()> {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|(heading, _)| (*heading).to_owned()).collect()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|(_, key)| cell(&word(row, key))).collect()));
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(column).unwrap_or(0)).collect();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Writes the fields of one thing that are there, one a line.
pub(super) fn write_fields(out: &mut dyn Write, fields: &[&str], thing: &Value) -> io::Result<()> {
    for field in fields {
        let value = word(thing, field);
        if !value.is_empty() {
            writeln!(out, "{field:<17} {}", printable(&value))?;
        }
    }
    Ok(())
}

/// Free of control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn cell(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { printable(text) }
}
