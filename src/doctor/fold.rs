//! Several lines that one other line explains, shown as one: who reads the checklist finds the cause among them.

/// What is shown of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<'a, T> {
    /// A line of it.
    Line(&'a T),
    /// Several that were not looked at: how many, and why, in words.
    Unseen(String),
}

/// The rows in the lines' order. `follows`: the check that explains a line, if another does.
pub fn fold<T>(lines: &[T], follows: impl Fn(&T) -> Option<&str>) -> Vec<Row<'_, T>> {
    let mut folded = Vec::new();
    let mut rows = Vec::new();
    for line in lines {
        let Some(check) = follows(line) else {
            rows.push(Row::Line(line));
            continue;
        };
        if folded.contains(&check) {
            continue;
        }
        match lines.iter().filter(|line| follows(line) == Some(check)).count() {
            1 => rows.push(Row::Line(line)),
            count => {
                folded.push(check);
                rows.push(Row::Unseen(format!("{count} lines were not looked at: see `{check}`")));
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_line_explains_is_one_row_where_its_first_stands() {
        let lines =
            [("token", None), ("portal", Some("token")), ("clock", None), ("app", Some("token")), ("x", Some("y"))];
        let [token, _, clock, _, alone] = &lines;
        let folded = Row::Unseen("2 lines were not looked at: see `token`".to_owned());
        let wanted = [Row::Line(token), folded, Row::Line(clock), Row::Line(alone)];
        assert_eq!(fold(&lines, |(_, follows)| *follows), wanted);
    }
}
