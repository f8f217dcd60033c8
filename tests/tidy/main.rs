//! Rules of the workspace that are checked by a test.

fn main() {}
