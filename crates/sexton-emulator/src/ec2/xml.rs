//! XML as the query services write it.

/// An element with a text.
pub(crate) fn text(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(value))
}

/// An element with a text; nothing where there is none.
pub(crate) fn optional(name: &str, value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| text(name, &value.to_string()))
}

/// An element around others.
pub(crate) fn around(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// A list of entries.
pub(crate) fn list(name: &str, entry: &str, rows: impl IntoIterator<Item = String>) -> String {
    around(name, &rows.into_iter().map(|row| around(entry, &row)).collect::<String>())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}
