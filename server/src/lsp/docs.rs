//! Where the page about the codes of diagnostics is that a client can lead to.
//!
//! The client says so when it starts the server (`initializationOptions.docs`): it knows where it was installed, or on which site. Without that
//! nothing leads anywhere. Invariant: a link leads to the section of its code.

use serde_json::Value;
use tower_lsp::lsp_types::Url;

/// The page that the sections are looked up in: the one that a client ships fits the server.
const PAGE: &str = include_str!("../../../docs/diagnostics.md");

/// The address of the page. A process has one client, so it is kept for good.
pub fn page(options: &Value) -> Option<&'static Url> {
    let address = options.get("docs").or_else(|| options.get("minilive")?.get("docs"))?.as_str()?;
    match Url::parse(address) {
        Ok(url) => Some(Box::leak(Box::new(url))),
        Err(error) => {
            tracing::warn!("`{address}` is no address of a page: {error}");
            None
        }
    }
}

/// The address of a code's section: on a site by its heading, in a file by its line.
pub fn section(page: &Url, code: &str) -> Option<Url> {
    let heading = format!("## `{code}`");
    let line = PAGE.lines().position(|line| line == heading)? + 1;
    let mut url = page.clone();
    let fragment = if page.scheme() == "file" { format!("L{line}") } else { code.to_owned() };
    url.set_fragment(Some(&fragment));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_section_is_found_on_a_site_and_in_a_file() {
        let at = |address: &str, code: &str| {
            let page = page(&json!({ "docs": address }))?;
            section(page, code).map(|it| it.to_string())
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
