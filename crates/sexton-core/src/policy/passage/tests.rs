use super::*;

fn check(text: &str, bytes: Range<usize>, place: (usize, usize, usize), shown: &str) {
    let passage = Passage::of(text, bytes);
    assert_eq!((passage.line, passage.column, passage.length), place, "{text:?}");
    assert_eq!(passage.to_string(), shown, "{text:?}");
}

#[test]
fn what_is_meant_is_underlined() {
    check("a = 1\nbc = 2\n", 6..8, (2, 1, 2), "  | bc = 2\n  | ^^");
    check("a = 1", 4..5, (1, 5, 1), "  | a = 1\n  |     ^");
    check("a = 1\nb", 4..7, (1, 5, 1), "  | a = 1\n  |     ^");
    check("", 0..0, (1, 1, 1), "  | \n  | ^");
    check("a", 7..9, (1, 2, 1), "  | a\n  |  ^");
    check("a\r\nb", 3..4, (2, 1, 1), "  | b\n  | ^");
}

#[test]
fn a_column_counts_characters_and_the_line_below_counts_what_they_take() {
    check("é = 'x'", 3..4, (1, 3, 1), "  | é = 'x'\n  |   ^");
    check("'生产' == x", 12..13, (1, 9, 1), "  | '生产' == x\n  |           ^");
    check("\t\tx", 2..3, (1, 3, 1), "  |   x\n  |   ^");
    check("\u{202e}x", 3..4, (1, 2, 1), "  | \\u{202e}x\n  |         ^");
    check("\u{1b}[31m", 0..1, (1, 1, 1), "  | \\u{1b}[31m\n  | ^^^^^^");
}
