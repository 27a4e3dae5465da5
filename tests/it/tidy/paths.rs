//! Which paths a source file names: `use` trees, expressions and macro bodies alike; comments and strings do not count.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Every path of at least two segments in the file, with `crate`, `self` and `super` resolved: a path into the crate
/// begins with `crate`, any other as it is written (`std::fs::read`, `Self::new`).
///
/// `module` is the file's own module, `["store", "types"]`.
pub fn paths(source: &str, module: &[&str]) -> Result<Vec<String>, proc_macro2::LexError> {
    let mut tokens = Vec::new();
    flatten(TokenStream::from_str(source)?, &mut tokens);
    let mut reader = Reader { tokens: &tokens, at: 0, found: Vec::new() };
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    while let Some(token) = reader.peek(0) {
        match token {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inner.pop_if(|(_, opened_at)| *opened_at == depth);
            }
            _ => {}
        }
        if token == "mod" && reader.peek(2) == Some("{") {
            inner.push((reader.peek(1).unwrap_or_default().to_owned(), depth));
        }
        let starts = is_word(token) && reader.peek(1) == Some("::") && !matches!(reader.before(), Some("::" | "."));
        if starts {
            let here = module.iter().map(|part| (*part).to_owned()).chain(inner.iter().map(|(name, _)| name.clone()));
            let here: Vec<String> = here.collect();
            reader.tree(&[], &here);
        } else {
            reader.at += 1;
        }
    }
    Ok(reader.found)
}

/// The module a file is: `src/store/mod.rs` and `src/store.rs` are `["store"]`, `src/lib.rs` and `src/main.rs` the root.
pub fn module_of(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    found: Vec<String>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<&str> {
        self.tokens.get(self.at + ahead).map(String::as_str)
    }

    fn before(&self) -> Option<&str> {
        self.tokens.get(self.at.checked_sub(1)?).map(String::as_str)
    }

    /// Reads one path, or a `use` tree, from its first word on; notes every path it spells out.
    fn tree(&mut self, prefix: &[String], here: &[String]) {
        let mut path = prefix.to_vec();
        while let Some(word) = self.peek(0).filter(|token| is_word(token) || *token == "*").map(str::to_owned) {
            path = step(path, &word, here);
            self.at += 1;
            if self.peek(0) != Some("::") {
                break;
            }
            self.at += 1;
        }
        if self.peek(0) == Some("{") && self.before() == Some("::") {
            self.group(&path, here);
        } else {
            self.found.push(path.join("::"));
        }
    }

    /// Reads `{a, b::{c}}` after a prefix.
    fn group(&mut self, prefix: &[String], here: &[String]) {
        self.at += 1;
        while let Some(token) = self.peek(0).map(str::to_owned) {
            if token == "}" {
                self.at += 1;
                return;
            }
            if is_word(&token) && token != "as" && self.before() != Some("as") || token == "*" {
                self.tree(prefix, here);
            } else {
                self.at += 1;
            }
        }
    }
}

/// The path with one more segment; `crate`, `self` and `super` are resolved against the module they stand in.
fn step(mut path: Vec<String>, word: &str, here: &[String]) -> Vec<String> {
    let own = || std::iter::once("crate".to_owned()).chain(here.iter().cloned()).collect::<Vec<String>>();
    match word {
        "self" if path.is_empty() => own(),
        "self" => path,
        "super" => {
            let mut parent = if path.is_empty() { own() } else { path };
            parent.pop();
            parent
        }
        _ => {
            path.push(word.to_owned());
            path
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens in a row, groups opened, `::` as one token; literals and lifetimes are left out.
fn flatten(stream: TokenStream, into: &mut Vec<String>) {
    let mut colon = false;
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                into.push(open.to_owned());
                flatten(group.stream(), into);
                into.push(close.to_owned());
            }
            TokenTree::Ident(ident) => into.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' && colon => {
                into.pop();
                into.push("::".to_owned());
                colon = false;
                continue;
            }
            TokenTree::Punct(punct) => {
                into.push(punct.as_char().to_string());
                colon = punct.as_char() == ':' && punct.spacing() == proc_macro2::Spacing::Joint;
                continue;
            }
            TokenTree::Literal(_) => into.push("\"\"".to_owned()),
        }
        colon = false;
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let seen = |source: &str, module: &[&str]| paths(source, module).unwrap().join(" ");

    assert_eq!(seen("use crate::{a, b::{self, c as d}};", &[]), "crate::a crate::b crate::b::c");
    assert_eq!(seen("use super::store::Store;", &["hubspot"]), "crate::store::Store");
    assert_eq!(seen("use self::wire::*;", &["hubspot"]), "crate::hubspot::wire::*");
    assert_eq!(seen("mod tests { use super::*; fn f() {} } use super::x;", &["a", "b"]), "crate::a::b::* crate::a::x");
    assert_eq!(
        seen("fn f(a: &crate::store::Lease) { x.y(std::fs::read(p)) }", &[]),
        "crate::store::Lease std::fs::read"
    );
    assert_eq!(seen("tokio::select! { _ = crate::app::run() => {} }", &[]), "tokio::select crate::app::run");
    assert_eq!(seen("Vec::<crate::app::App>::new()", &[]), "Vec crate::app::App");
    assert_eq!(seen("//! see crate::app::x\n/* crate::app::y */ \"crate::app::z\"", &[]), "");
}
