//! `sexton show`: a plan as `sexton plan` showed it.

use crate::arguments::Show as Arguments;
use crate::failure::{Done, Failure};
use crate::files::read_plan;
use crate::report;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let plan = read_plan(&arguments.plan)?;
    report::plan::show(&plan, &arguments.look)?;
    Ok(Done::Clean)
}
