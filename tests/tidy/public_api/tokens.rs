//! Tokens as they are written in a source, and the few macros that declare items.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::ToTokens;

/// A piece of syntax on one line, spaced as `rustfmt` spaces it.
pub(crate) fn text(syntax: &impl ToTokens) -> String {
    let mut text = syntax.to_token_stream().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    for (loose, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" :", ":"),
        (" ,", ","),
        (" ;", ";"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        ("? ", "?"),
        ("( ", "("),
        (" )", ")"),
        (",)", ")"),
        (",>", ">"),
    ] {
        text = text.replace(loose, tight);
    }
    // Arguments stand beside what takes them; a tuple has a space before it.
    let mut tight = String::with_capacity(text.len());
    for (place, character) in text.char_indices() {
        let takes_arguments = tight.trim_end().ends_with(|last: char| last.is_alphanumeric() || last == '>')
            && !tight.trim_end().ends_with("->");
        if character == '(' && takes_arguments && text[..place].ends_with(' ') {
            tight.truncate(tight.trim_end().len());
        }
        tight.push(character);
    }
    tight
}

/// What a `macro_rules` of one arm gives for a name. The first identifier that it takes is the name of what it declares;
/// what else it takes says nothing of the API. One that takes no name declares nothing: it implements.
pub(crate) fn expand(rules: TokenStream, call: TokenStream) -> TokenStream {
    let mut groups = rules.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    let (Some(pattern), Some(body), None) = (groups.next(), groups.next(), groups.next()) else {
        panic!("a macro that declares items has one arm");
    };
    let Some(variable) = name_variable(pattern) else { return TokenStream::new() };
    let name = call.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) => Some(name),
        TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    fill(body, &variable, &name.expect("a call names what is declared"))
}

/// The `x` of the first `$x:ident`.
fn name_variable(pattern: TokenStream) -> Option<String> {
    let tokens: Vec<String> = pattern.into_iter().map(|token| token.to_string()).collect();
    let found = tokens.windows(4).find(|four| four[0] == "$" && four[2] == ":" && four[3] == "ident");
    found.map(|four| four[1].clone())
}

/// Puts the name in the place of its variable, an empty text in that of others, and nothing in that of repetitions.
fn fill(body: TokenStream, variable: &str, name: &Ident) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut tokens = body.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Ident(own)) if own == variable => filled.extend([TokenTree::Ident(name.clone())]),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                    let ends = |token: &TokenTree| ["*", "+", "?"].contains(&token.to_string().as_str());
                    tokens.by_ref().find(ends).expect("a repetition ends");
                }
                _ => filled.extend([TokenTree::Literal(Literal::string(""))]),
            },
            TokenTree::Group(group) => {
                let inner = fill(group.stream(), variable, name);
                filled.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => filled.extend([token]),
        }
    }
    filled
}
