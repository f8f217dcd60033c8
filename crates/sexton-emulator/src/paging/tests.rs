//! Each style leads through every row once, whatever the sizes.

use super::*;

const BOTH: Pages = Pages { token: Some(TokenPages::Within { max: 100 }), by_number: Some(100) };
const CLAMPED: Pages = Pages { token: Some(TokenPages::Clamped { min: 10, max: 20 }), by_number: None };

fn rows(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("s-{number:04}")).collect()
}

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn page(rows: &[String], pages: Pages, pairs: &[(&str, &str)]) -> Result<(Vec<String>, Map<String, Value>), ApiError> {
    let listing = Listing { rows: rows.iter().collect(), id: String::as_str };
    let page = listing.page("L", pages, &parameters(pairs), None)?;
    Ok((page.rows.into_iter().cloned().collect(), page.fields))
}

#[test]
fn tokens_lead_through_every_row_once() {
    for count in [0, 1, 7, 8, 20, 21] {
        let all = rows(count);
        let mut seen = Vec::new();
        let mut token = String::new();
        for _ in 0..=count {
            let (rows, fields) = page(&all, BOTH, &[("MaxResults", "7"), ("NextToken", &token)]).unwrap();
            assert!(rows.len() <= 7);
            seen.extend(rows);
            token = fields["NextToken"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, all);
    }
}

#[test]
fn short_pages_still_lead_through_every_row_once() {
    let all = rows(50);
    let mut dice = Dice::new(1);
    let mut seen: Vec<String> = Vec::new();
    let mut empty = 0;
    let mut tokens = std::collections::BTreeSet::new();
    let mut token = String::new();
    for _ in 0..1000 {
        let listing = Listing { rows: all.iter().collect(), id: String::as_str };
        let given = parameters(&[("MaxResults", "4"), ("NextToken", &token)]);
        let page = listing.page("L", BOTH, &given, Some(&mut dice)).unwrap();
        empty += usize::from(page.rows.is_empty());
        seen.extend(page.rows.into_iter().cloned());
        token = page.fields["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
        assert!(tokens.insert(token.clone()), "a token comes twice");
    }
    assert_eq!(seen, all);
    assert!(empty > 0);
}

#[test]
fn a_token_survives_the_removal_of_the_row_it_names() {
    let mut all = rows(30);
    let (first, fields) = page(&all, BOTH, &[("MaxResults", "10")]).unwrap();
    all.retain(|row| !first.contains(row));
    let token = fields["NextToken"].as_str().unwrap();
    let (second, _) = page(&all, BOTH, &[("MaxResults", "10"), ("NextToken", token)]).unwrap();
    assert_eq!(second, all[..10]);
}

#[test]
fn a_token_of_another_listing_is_refused() {
    let token = write_token("Other", 1, "s-0001");
    assert_eq!(page(&rows(30), BOTH, &[("NextToken", &token)]).unwrap_err().code, "InvalidParameter");
    assert_eq!(page(&rows(30), BOTH, &[("NextToken", "nonsense")]).unwrap_err().code, "InvalidParameter");
}

#[test]
fn numbers_cut_the_listing_as_it_is_now() {
    let mut all = rows(25);
    let (first, fields) = page(&all, BOTH, &[("PageNumber", "1")]).unwrap();
    assert_eq!(first, all[..10]);
    assert_eq!(fields["TotalCount"], 25);
    all.remove(0);
    let (second, _) = page(&all, BOTH, &[("PageNumber", "2")]).unwrap();
    assert_eq!(second[0], "s-0011", "a row went missing between the pages");
    let (beyond, _) = page(&all, BOTH, &[("PageNumber", "9")]).unwrap();
    assert_eq!(beyond, [""; 0]);
}

#[test]
fn sizes_are_bounded_or_clamped() {
    let all = rows(50);
    for refused in
        [("MaxResults", "0"), ("MaxResults", "101"), ("PageSize", "0"), ("PageSize", "101"), ("PageNumber", "0")]
    {
        assert_eq!(page(&all, BOTH, &[refused]).unwrap_err().code, "InvalidParameter", "{refused:?}");
    }
    assert_eq!(page(&all, CLAMPED, &[("MaxResults", "1")]).unwrap().0.len(), 10);
    assert_eq!(page(&all, CLAMPED, &[("MaxResults", "500")]).unwrap().0.len(), 20);
}

#[test]
fn the_styles_exclude_each_other() {
    let error = page(&rows(5), BOTH, &[("MaxResults", "10"), ("PageSize", "10")]).unwrap_err();
    assert_eq!(error.code, "InvalidParameter");
}
