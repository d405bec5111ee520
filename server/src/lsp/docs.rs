//! Where the page about the codes of diagnostics is that a client can lead to.
//!
//! The client says so when it starts the server (`initializationOptions.docs`): it knows where it was installed, or on which site. Without that
//! nothing leads anywhere. Invariant: a link leads to the section of its code.

use rustc_hash::FxHashMap;
use serde_json::Value;
use tower_lsp::lsp_types::Url;

/// The page that the sections are looked up in: the one that a client ships fits the server.
const PAGE: &str = include_str!("../../../docs/diagnostics.md");

/// The page, with the address of each code's section: thousands of diagnostics lead to a few of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Page(FxHashMap<&'static str, Url>);

/// The page of a client that says where it is. A process has one client, so it is kept for good.
pub fn page(options: &Value) -> Option<&'static Page> {
    let address = options.get("docs").or_else(|| options.get("minilive")?.get("docs"))?.as_str()?;
    match Url::parse(address) {
        Ok(url) => Some(Box::leak(Box::new(Page::at(&url)))),
        Err(error) => {
            tracing::warn!("`{address}` is no address of a page: {error}");
            None
        }
    }
}

impl Page {
    /// On a site a section is found by its heading, in a file by its line.
    fn at(page: &Url) -> Page {
        let headings = (1..).zip(PAGE.lines());
        let codes = headings.filter_map(|(line, it)| Some((line, it.strip_prefix("## `")?.strip_suffix('`')?)));
        let section = |(line, code): (usize, &'static str)| {
            let mut url = page.clone();
            let fragment = if page.scheme() == "file" { format!("L{line}") } else { code.to_owned() };
            url.set_fragment(Some(&fragment));
            (code, url)
        };
        // Of two headings the first one counts.
        Page(codes.map(section).collect::<Vec<_>>().into_iter().rev().collect())
    }

    /// The address of a code's section.
    pub fn section(&self, code: &str) -> Option<&Url> {
        self.0.get(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_section_is_found_on_a_site_and_in_a_file() {
        let at = |address: &str, code: &str| {
            let page = page(&json!({ "docs": address }))?;
            page.section(code).map(|it| it.to_string())
        };
        let site = at("https://example.org/diagnostics", "unknown-name");
        assert_eq!(site.as_deref(), Some("https://example.org/diagnostics#unknown-name"));
        let line = PAGE.lines().position(|line| line == "## `unknown-name`").expect("it is there") + 1;
        let file = at("file:///x/diagnostics.md", "unknown-name");
        assert_eq!(file, Some(format!("file:///x/diagnostics.md#L{line}")));
        assert_eq!(at("https://example.org", "no-such-code"), None);
        assert_eq!(at("no address", "unknown-name"), None);
    }
}
