//! Text of a service or a proxy, without the secrets that it repeats: in whatever spelling it repeats them, and where it
//! repeats only a part.

#[cfg(test)]
mod tests;

/// So many characters in a row of a secret are shown nowhere; of a shorter one, all of it.
const TELLING: usize = 8;

/// The beginning of a text, at most so many characters, with each secret and each telling part of one left out.
///
/// The secrets are looked for before anything is cut, so that none is shown for lying across the cut.
pub(crate) fn redacted(text: &str, secrets: &[&str], limit: usize) -> String {
    let secrets: Vec<Vec<char>> = secrets.iter().map(|secret| secret.chars().collect()).collect();
    let mut shown = String::new();
    let (mut rest, mut length) = (text, 0);
    while let Some(next) = rest.chars().next() {
        if length >= limit {
            shown.push('…');
            break;
        }
        match secrets.iter().filter_map(|secret| part(secret, rest)).max() {
            Some(repeated) => {
                const IN_PLACE: &str = "(secret)";
                shown.push_str(IN_PLACE);
                length += IN_PLACE.len();
                rest = &rest[repeated..];
            }
            None => {
                shown.push(if next.is_control() { ' ' } else { next });
                length += 1;
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    shown
}

/// How many bytes at the beginning of the text repeat a telling part of the secret.
fn part(secret: &[char], text: &str) -> Option<usize> {
    let telling = secret.len().min(TELLING);
    let parts = (0..=secret.len().saturating_sub(telling)).map(|start| repeated(&secret[start..], text));
    parts.filter(|(characters, _)| *characters >= telling.max(1)).map(|(_, bytes)| bytes).max()
}

/// How many characters of the secret the text begins with, and in how many bytes.
fn repeated(secret: &[char], text: &str) -> (usize, usize) {
    let (mut characters, mut bytes) = (0, 0);
    for wanted in secret {
        match spelling(*wanted, &text[bytes..]) {
            Some(length) => bytes += length,
            None => break,
        }
        characters += 1;
    }
    (characters, bytes)
}

/// In how many bytes the text begins with the character: percent-encoded (twice, too), as an entity of HTML, escaped as in
/// JSON, or as it is.
fn spelling(wanted: char, text: &str) -> Option<usize> {
    let mut utf8 = [0; 4];
    let encoded = |sign: &str| {
        let mut left = text;
        for byte in wanted.encode_utf8(&mut utf8.clone()).bytes() {
            let hex = left.strip_prefix(sign)?;
            let (hex, after) = hex.split_at_checked(2)?;
            (u8::from_str_radix(hex, 16) == Ok(byte)).then_some(())?;
            left = after;
        }
        Some(text.len() - left.len())
    };
    let beginning = |begins: &str| text.starts_with(begins).then_some(begins.len());
    let entity = || {
        let body = text.strip_prefix('&')?;
        let (name, _) = body.split_once(';').filter(|(name, _)| name.len() <= 8)?;
        let code = match (name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")), name.strip_prefix('#')) {
            (Some(hex), _) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
            (None, Some(decimal)) => decimal.parse().ok().and_then(char::from_u32),
            (None, None) => match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => None,
            },
        };
        (code == Some(wanted)).then_some(name.len() + 2)
    };
    let escaped = || {
        let body = text.strip_prefix('\\')?;
        let is_plain = matches!(wanted, '/' | '"' | '\\') && body.starts_with(wanted);
        let is_code = || {
            let hex = body.strip_prefix('u').and_then(|hex| hex.get(..4))?;
            (u32::from_str_radix(hex, 16) == Ok(u32::from(wanted))).then_some(())
        };
        if is_plain { Some(2) } else { is_code().map(|()| 6) }
    };
    // Twice first, for a percent sign that was encoded twice begins as one that was encoded once.
    encoded("%25")
        .or_else(|| encoded("%"))
        .or_else(entity)
        .or_else(escaped)
        .or_else(|| beginning(wanted.encode_utf8(&mut utf8)))
        .or_else(|| (wanted == ' ').then(|| beginning("+")).flatten())
}
