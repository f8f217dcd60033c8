use super::*;

const SECRET: &str = "a+b/c d&e\"f=g<ä>%h0123456789";

fn spelt(each: impl Fn(char) -> String) -> String {
    SECRET.chars().map(each).collect()
}

fn percent(c: char, sign: &str) -> String {
    c.to_string().bytes().map(|byte| format!("{sign}{byte:02X}")).collect()
}

#[test]
fn a_secret_is_left_out_in_every_spelling() {
    let spellings = [
        SECRET.to_owned(),
        spelt(|c| percent(c, "%")),
        spelt(|c| percent(c, "%").to_lowercase()),
        spelt(|c| percent(c, "%25")),
        spelt(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { percent(c, "%") }),
        spelt(|c| if c == ' ' { "+".to_owned() } else { percent(c, "%") }),
        spelt(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '/' => "&#x2F;".to_owned(),
            '=' => "&#61;".to_owned(),
            c => c.to_string(),
        }),
        spelt(|c| match c {
            '"' | '/' => format!("\\{c}"),
            '&' | '<' | '>' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        }),
    ];
    for spelling in spellings {
        assert_eq!(redacted(&format!("key={spelling}&next"), &[SECRET], 500), "key=(secret)&next", "{spelling}");
    }
}

#[test]
fn the_cut_shows_no_part_of_a_secret_wherever_it_falls() {
    let secret: String = (0..401).map(|n| char::from(b'A' + u8::try_from(n * 7 % 26).unwrap())).collect();
    for before in 0..60 {
        let shown = redacted(&format!("{}{secret} and more", "·".repeat(before)), &[&secret], 40);
        let left = shown.replace("(secret)", "");
        assert!(!left.contains(|c: char| c.is_ascii_uppercase()), "{before}: {shown}");
        assert!(shown.chars().count() <= 48, "{before}: {shown}");
    }
}

#[test]
fn a_part_of_a_secret_is_left_out_where_it_tells_of_it() {
    let secret = "0123456789abcdef";
    for (text, shown) in [
        ("cut off: 0123456789…", "cut off: (secret)…"),
        ("from the middle on: 56789abcdef!", "from the middle on: (secret)!"),
        ("4567 is told by chance", "4567 is told by chance"),
        ("0123456789abcdef0123456789abcdef", "(secret)(secret)"),
    ] {
        assert_eq!(redacted(text, &[secret], 100), shown);
    }
    assert_eq!(redacted("short: k3y, k3", &["k3y", ""], 100), "short: (secret), k3");
    assert_eq!(redacted("nothing is secret", &[""], 100), "nothing is secret");
}
