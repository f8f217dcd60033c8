//! Runs one plan: sans-IO machine, journal, tokio driver.
