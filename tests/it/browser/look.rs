//! One page looked at: its heading, its widths, its colours, and what axe-core says of it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::Browser;

const WIDE: u32 = 1280;
const PHONE: u32 = 390;
/// The narrowest that WCAG asks for (1.4.10).
const NARROWEST: u32 = 320;

const AXE: &str = r"
    const done = arguments[arguments.length - 1];
    // Of the rules only those of colours tell light and dark apart.
    const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
    const tags = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
    const runOnly = matchMedia('(prefers-color-scheme: dark)').matches ? colours : tags;
    const told = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 160)}: ${node.failureSummary}`);
    axe.run(document, { runOnly, resultTypes: ['violations'], preload: false })
        .then((result) => done(result.violations.flatMap(told)), (error) => done([String(error)]));
";

const FACTS: &str = r"
    const entry = performance.getEntriesByType('navigation')[0];
    return { title: document.title, headings: document.querySelectorAll('h1').length, status: entry.responseStatus };
";

/// What sticks out: helps whoever has to mend it.
const OVERFLOW: &str = r"
    const width = window.innerWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const inside = (element) => { for (let up = element.parentElement; up; up = up.parentElement) { if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)) return true; } return false; };
    const out = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > width + 0.5 && !inside(element));
    return document.documentElement.scrollWidth + ' px: ' + out.slice(0, 4).map((element) => element.outerHTML.slice(0, 120)).join(' | ');
";

/// A walk's looks and what they found.
pub struct Looks<'a> {
    browser: &'a Browser,
    walk: &'static str,
    /// Where the pages are: `http://127.0.0.1:8081`.
    pub origin: String,
    pub found: Vec<String>,
    /// Pages that are refusals, which the browser notes as failures.
    pub refused: Vec<String>,
}

impl<'a> Looks<'a> {
    pub fn new(browser: &'a Browser, walk: &'static str, origin: String) -> Self {
        Self { browser, walk, origin, found: Vec::new(), refused: Vec::new() }
    }

    /// Opens a page that is answered with this status, and looks at it.
    pub async fn at(&mut self, name: &str, path: &str, status: u16) {
        let url = format!("{}{path}", self.origin);
        self.browser.goto(&url).await;
        self.here(name, status).await;
    }

    /// Looks at the page that is open.
    pub async fn here(&mut self, name: &str, status: u16) {
        self.sized(WIDE, "light").await;
        let facts = self.browser.driver.script(FACTS).await;
        if status >= 400 {
            let url = self.browser.driver.script("return location.href").await;
            self.refused.push(url.as_str().unwrap().to_owned());
        }
        if facts["status"] != status {
            self.found.push(format!("{name}: answered {} instead of {status}", facts["status"]));
        }
        if facts["headings"] != 1 {
            self.found.push(format!("{name}: {} first headings", facts["headings"]));
        }
        if facts["title"].as_str().unwrap().is_empty() {
            self.found.push(format!("{name}: no title"));
        }
        self.fits(name, WIDE).await;
        self.accessible(name, "light").await;
        self.picture(name, WIDE, "light").await;
        self.sized(WIDE, "dark").await;
        self.accessible(name, "dark").await;
        self.picture(name, WIDE, "dark").await;
        for width in [PHONE, NARROWEST] {
            self.sized(width, "light").await;
            self.fits(name, width).await;
        }
        self.sized(PHONE, "light").await;
        self.picture(name, PHONE, "light").await;
        self.sized(WIDE, "light").await;
    }

    async fn sized(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.browser.driver.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.browser.driver.devtools("Emulation.setEmulatedMedia", media).await;
    }

    async fn fits(&mut self, name: &str, width: u32) {
        if let Some(out) = self.browser.driver.script(OVERFLOW).await.as_str() {
            self.found.push(format!("{name} at {width} px scrolls sideways: {out}"));
        }
    }

    async fn accessible(&mut self, name: &str, scheme: &str) {
        if self.browser.driver.script("return typeof axe").await != "object" {
            self.browser.driver.script(&self.browser.axe).await;
        }
        let violations = self.browser.driver.waits(AXE).await;
        for violation in violations.as_array().unwrap() {
            self.found.push(format!("{name} ({scheme}): {}", violation.as_str().unwrap()));
        }
    }

    /// The page from its top, for people to look at: `target/screenshots/{walk}/{name}-{width}-{scheme}.png`.
    async fn picture(&self, name: &str, width: u32, scheme: &str) {
        let metrics = self.browser.driver.devtools("Page.getLayoutMetrics", json!({})).await;
        let height = metrics["cssContentSize"]["height"].as_f64().unwrap().min(2400.0);
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true, "clip": clip });
        let taken: Value = self.browser.driver.devtools("Page.captureScreenshot", wanted).await;
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots").join(self.walk);
        std::fs::create_dir_all(&folder).unwrap();
        let image = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), image).unwrap();
    }
}
