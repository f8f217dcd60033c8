//! `sexton explain`: why a plan does with a resource what it does.

use sexton_core::explain::explain;

use crate::arguments::Explain as Arguments;
use crate::failure::{Done, Failure};
use crate::files::read_plan;
use crate::report;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let plan = read_plan(&arguments.plan)?;
    report::explain::show(&plan, &arguments.address, &explain(&plan, arguments.address.as_str()))?;
    Ok(Done::Clean)
}
