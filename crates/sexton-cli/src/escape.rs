//! Text that came from a cloud or a file, made harmless for a terminal.

use std::fmt::Write;

/// The text with every character that could steer a terminal, hide or reorder what is shown written as `\u{…}`.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            write!(shown, "\\u{{{:x}}}", u32::from(character)).expect("a string takes every character");
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters, and those that are invisible or turn the direction of the text around them.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(escaped("\u{1b}[2J<script>"), "\\u{1b}[2J<script>");
        assert_eq!(escaped("a\u{202e}b\r\nc\u{9b}d\u{200b}"), "a\\u{202e}b\\u{d}\\u{a}c\\u{9b}d\\u{200b}");
        assert_eq!(escaped("测试 image"), "测试 image");
    }
}
