//! An article: a Markdown file with a `# Title` and `##` sections. Pure; called by [`super::folder`].
//!
//! A block quote directly under a heading lists, one a line, questions that the text below answers; it is read, not shown.

/// One answerable piece of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The article's title.
    pub title: String,
    /// The section's own heading; none for text directly under the title.
    pub heading: Option<String>,
    /// Questions it is known to answer: the article's and its own.
    pub questions: Vec<String>,
    /// Its text, Markdown, trimmed; never empty.
    pub body: String,
}

/// Why a file is not an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// No `# Title`.
    #[error("it has no title; begin it with a line like `# Shipping`")]
    NoTitle,
    /// Headings only.
    #[error("it has no text; write the answer below the title or below a `##` heading")]
    NoText,
}

/// Splits an article into its sections.
///
/// # Errors
/// When it has no title or no text.
pub fn sections(markdown: &str) -> Result<Vec<Section>, Defect> {
    let mut title = None;
    let mut drafts = vec![Section::default()];
    let mut fenced = false;
    for line in markdown.trim_start_matches('\u{feff}').lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if let (false, Some(text)) = (fenced, line.strip_prefix("# "))
            && title.is_none()
        {
            title = Some(text.trim().to_owned());
        } else if let (false, Some(text)) = (fenced, line.strip_prefix("## ")) {
            drafts.push(Section { heading: Some(text.trim().to_owned()), ..Section::default() });
        } else if let Some(draft) = drafts.last_mut() {
            draft.take_line(line);
        }
    }
    finish(&title.filter(|title| !title.is_empty()).ok_or(Defect::NoTitle)?, drafts)
}

fn finish(title: &str, drafts: Vec<Section>) -> Result<Vec<Section>, Defect> {
    let of_the_article = drafts.first().map(|intro| intro.questions.clone()).unwrap_or_default();
    let mut sections = Vec::new();
    for Section { heading, mut questions, body, .. } in drafts {
        if heading.is_some() {
            questions.extend(of_the_article.iter().cloned());
        }
        let section = Section { title: title.to_owned(), heading, questions, body: body.trim().to_owned() };
        sections.extend((!section.body.is_empty()).then_some(section));
    }
    if sections.is_empty() { Err(Defect::NoText) } else { Ok(sections) }
}

impl Section {
    fn take_line(&mut self, line: &str) {
        match line.strip_prefix('>') {
            Some(question) if self.body.trim().is_empty() => {
                let question = question.trim();
                if !question.is_empty() {
                    self.questions.push(question.to_owned());
                }
            }
            Some(_) | None => {
                self.body.push_str(line);
                self.body.push('\n');
            }
        }
    }

    /// What the customer is told: the text, led in by the heading where it would begin abruptly (a list, a table, code).
    #[must_use]
    pub fn answer(&self) -> String {
        let abrupt = self.body.starts_with(['-', '*', '+', '|', '`', '#', '!'])
            || self.body.starts_with(|first: char| first.is_ascii_digit());
        match (&self.heading, abrupt) {
            (_, false) => self.body.clone(),
            (Some(heading), true) => format!("**{}: {heading}**\n\n{}", self.title, self.body),
            (None, true) => format!("**{}**\n\n{}", self.title, self.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Defect, sections};

    #[test]
    fn an_article_splits_at_its_second_level_headings() {
        let text = "\u{feff}# Shipping\n> When will it come?\n\nWe ship daily.\n\n## Abroad\n> Do you ship to France?\n\nYes.\n\
                    ```\n## not a heading\n```\n> a quote\n## Empty\n\n## Prices\r\n- 4 €\r\n";
        let sections = sections(text).unwrap();
        let seen: Vec<_> = sections
            .iter()
            .map(|section| (section.heading.as_deref(), section.questions.join("|"), section.answer()))
            .collect();
        assert_eq!(
            seen,
            [
                (None, "When will it come?".into(), "We ship daily.".into()),
                (
                    Some("Abroad"),
                    "Do you ship to France?|When will it come?".into(),
                    "Yes.\n```\n## not a heading\n```\n> a quote".into()
                ),
                (Some("Prices"), "When will it come?".into(), "**Shipping: Prices**\n\n- 4 €".into()),
            ]
        );
    }

    #[test]
    fn what_is_not_an_article_says_what_it_lacks() {
        assert_eq!(sections("Just text"), Err(Defect::NoTitle));
        assert_eq!(sections("# \n\ntext"), Err(Defect::NoTitle));
        assert_eq!(sections("# Title\n> A question?\n\n## Heading\n"), Err(Defect::NoText));
    }
}
