//! Two columns for people.

/// Prints rows with the names in one column and the values in the next.
pub(crate) fn print(rows: &[(&str, String)]) {
    print!("{}", layout(rows));
}

/// The same, where standard output is for data.
pub(crate) fn print_to_stderr(rows: &[(&str, String)]) {
    eprint!("{}", layout(rows));
}

fn layout(rows: &[(&str, String)]) -> String {
    let width = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    rows.iter()
        .map(|(name, value)| format!("  {name:<width$}  {value}\n"))
        .collect()
}

/// A number of bytes as people read it.
pub(crate) fn bytes(count: usize) -> String {
    let exact = count as f64;
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", exact / 1e3),
        _ => format!("{:.2} MB", exact / 1e6),
    }
}
