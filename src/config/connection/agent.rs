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
        let holds_articles = articles.as_deref().is_none_or(holds_articles);
        let given = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.is_empty());
        let (has_url, has_model) = (given(&base_url), given(&model));
        let (has_key, has_secret) = (!matches!(api_key, Some(None)), !matches!(signing_secret, Some(None)));
        match kind {
            Some(AgentKind::Opencx) => {
                let fix = "set it or `api_key_file`; OpenCX makes keys under Settings, Access";
                need(s, has_key, "api_key", "is required for opencx", fix);
            }
            Some(AgentKind::Openai) => {
                let fix = "set it or `api_key_file`; for a server that asks for none, any word will do";
                need(s, has_key, "api_key", "is required for openai", fix);
                let fix = "name a chat model of the endpoint that can call tools";
                need(s, has_model, "model", "is required for openai", fix);
                if system_prompt.as_deref() == Some("") {
                    let what = "is empty: the model knows nothing of your company and hands most questions off";
                    s.doubtful("system_prompt", what, "write who it is and what it may answer");
                }
            }
            Some(AgentKind::Http) => {
                let fix = "give the address that turns are posted to, e.g. \"https://agent.example.com/turns\"";
                need(s, has_url, "base_url", "is required for http", fix);
                let fix = "set it or `signing_secret_file` to \"whsec_\" and 32 random bytes in base64";
                need(s, has_secret, "signing_secret", "is required for http", fix);
                Secret::check_signing(s, "signing_secret", signing_secret.as_ref().and_then(Option::as_ref));
            }
            Some(AgentKind::Faq) => {
                let fix = "name a folder of `*.md` files to answer from";
                need(s, holds_articles, "articles", "is not a folder with Markdown files", fix);
            }
            None => {}
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

fn need(s: &Reader<'_>, there: bool, key: &str, what: &str, fix: &str) {
    if !there {
        s.wrong(key, what, fix);
    }
}

fn holds_articles(folder: &Path) -> bool {
    let is_article = |path: &Path| path.extension().is_some_and(|extension| extension == "md");
    std::fs::read_dir(folder).is_ok_and(|files| files.flatten().any(|file| is_article(&file.path())))
}
