//! Reads `[connections.NAME.agent]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{AgentKind, AgentSettings};
use crate::config::Secret;
use crate::config::hubspot::base_url;
use crate::config::reader::Reader;

const KINDS: [(&str, AgentKind); 4] =
    [("opencx", AgentKind::Opencx), ("openai", AgentKind::Openai), ("http", AgentKind::Http), ("faq", AgentKind::Faq)];

impl AgentKind {
    /// The word of the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opencx => "opencx",
            Self::Openai => "openai",
            Self::Http => "http",
            Self::Faq => "faq",
        }
    }

    fn default_url(self) -> &'static str {
        match self {
            Self::Opencx => "https://api.open.cx",
            Self::Openai => "https://api.openai.com/v1",
            Self::Http | Self::Faq => "",
        }
    }
}

impl AgentSettings {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let kind = s.word("kind", &KINDS);
        let base_url = read_url(s, kind);
        let api_key = Secret::read(s, "api_key");
        let timeout = s.duration("timeout", Duration::from_millis(100)..=Duration::from_mins(5));
        let attempts = s.integer("attempts", 1..=10).and_then(|n| u32::try_from(n).ok());
        let (model, system_prompt) = (s.text("model"), s.text("system_prompt"));
        let articles = s.text("articles").map(PathBuf::from);
        let signing_secret = Secret::read(s, "signing_secret");
        let webhook_secret = Secret::read(s, "webhook_secret");
        match kind {
            Some(AgentKind::Opencx) if matches!(api_key, Some(None)) => {
                s.wrong(
                    "api_key",
                    "is required for opencx",
                    "set it or `api_key_file`; OpenCX makes keys under Settings, Access",
                );
            }
            Some(AgentKind::Faq) if articles.as_ref().is_some_and(|folder| !holds_articles(folder)) => {
                s.wrong(
                    "articles",
                    "is not a folder with Markdown files",
                    "name a folder of `*.md` files to answer from",
                );
            }
            Some(AgentKind::Openai | AgentKind::Http) => {
                s.wrong("kind", "is not in this release", "choose \"opencx\" or \"faq\"");
            }
            Some(AgentKind::Opencx | AgentKind::Faq) | None => {}
        }
        Some(Self {
            kind: kind?,
            base_url: base_url?,
            api_key: api_key?,
            timeout: timeout?,
            attempts: attempts?,
            model: model?,
            system_prompt: system_prompt?,
            articles: articles?,
            signing_secret: signing_secret?,
            webhook_secret: webhook_secret?,
        })
    }
}

fn read_url(s: &mut Reader<'_>, kind: Option<AgentKind>) -> Option<String> {
    let given = s.text("base_url")?;
    if given.is_empty() {
        let url = kind.map(AgentKind::default_url).unwrap_or_default();
        s.record("base_url", url);
        return Some(url.to_owned());
    }
    s.parsed("base_url", base_url)
}

fn holds_articles(folder: &Path) -> bool {
    let is_article = |path: &Path| path.extension().is_some_and(|extension| extension == "md");
    std::fs::read_dir(folder).is_ok_and(|files| files.flatten().any(|file| is_article(&file.path())))
}
