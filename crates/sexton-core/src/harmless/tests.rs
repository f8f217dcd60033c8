use super::*;

const HOSTILE: &str = "\u{1b}[2J<script>a\u{202e}b\r\nc\u{9b}d\u{200b}\u{7f}\u{e0041} 测试";

#[test]
fn nothing_steers_a_terminal() {
    assert_eq!(escaped(HOSTILE), "\\u{1b}[2J<script>a\\u{202e}b\\u{d}\\u{a}c\\u{9b}d\\u{200b}\\u{7f}\\u{e0041} 测试");
}

#[test]
fn json_says_the_same_to_a_program_and_nothing_to_a_terminal() {
    let mut bytes = Vec::new();
    write_json(&mut bytes, &HOSTILE).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text, r#""\u001b[2J<script>a\u202eb\r\nc\u009bd\u200b\u007f\udb40\udc41 测试""#);
    assert_eq!(serde_json::from_str::<String>(&text).unwrap(), HOSTILE);
}
