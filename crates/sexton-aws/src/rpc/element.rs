//! The body of an answer as a tree of elements: XML as the query services write it, JSON as the REST services do.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Deeper than any answer.
const DEEPEST: usize = 64;

/// An element with its text and what stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document; none where it is no well-formed XML of one root.
    pub(crate) fn of_xml(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        // The root's parent, and the elements that are open.
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() > DEEPEST {
                        return None;
                    }
                    open.push(Element::named(start.local_name().as_ref()));
                }
                Event::Empty(start) => open.last_mut()?.children.push(Element::named(start.local_name().as_ref())),
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed.tidied());
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let known = match reference.resolve_char_ref().ok()? {
                        Some(character) => character,
                        None => predefined(&reference.xml10_content())?,
                    };
                    open.last_mut()?.text.push(known);
                }
                // Entities of one's own are a way to grow an answer without end.
                Event::DocType(_) => return None,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        let mut outside = open.pop().filter(|_| open.is_empty())?;
        let root = outside.children.pop()?;
        (outside.children.is_empty() && outside.text.trim().is_empty()).then_some(root)
    }

    /// Reads an object; none where it is none. Entries of a list are named `item`.
    pub(crate) fn of_json(text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text).ok()? {
            value @ Value::Object(_) => Self::of_value(String::new(), value),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    fn of_value(name: String, value: Value) -> Option<Self> {
        let (text, children) = match value {
            Value::Null => return None,
            Value::Bool(value) => (value.to_string(), Vec::new()),
            Value::Number(number) => (number.to_string(), Vec::new()),
            Value::String(text) => (text, Vec::new()),
            Value::Array(values) => {
                let items = values.into_iter().filter_map(|value| Self::of_value("item".to_owned(), value));
                (String::new(), items.collect())
            }
            Value::Object(object) => {
                (String::new(), object.into_iter().filter_map(|(name, value)| Self::of_value(name, value)).collect())
            }
        };
        Some(Self { name, text, children })
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Without the white space around what stands in it.
    fn tidied(mut self) -> Self {
        if !self.children.is_empty() && self.text.trim().is_empty() {
            self.text.clear();
        }
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn children(&self) -> &[Element] {
        &self.children
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child of that name, taken out.
    pub(crate) fn take_child(&mut self, name: &str) -> Option<Element> {
        let place = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.swap_remove(place))
    }

    /// The text of the first child of that name, unless it is empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

fn predefined(entity: &str) -> Option<char> {
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
