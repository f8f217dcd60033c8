//! AWS EC2 2016-11-15, with what a garbage collector needs of STS, Auto Scaling and the Recycle Bin beside it.
//!
//! Written from the vendor's documentation. Where that is silent, this is what it does:
//!
//! | open question | here |
//! |---|---|
//! | code for a locked snapshot, a protected image, a managed resource | 400 `OperationNotPermitted` |
//! | code for what AWS Backup owns | 400 `InvalidParameterValue`, with AWS Backup in its words, by field reports |
//! | wrong signature; unknown key or token | 403 `SignatureDoesNotMatch`; 401 `AuthFailure` |
//! | temporary keys that are over | 400 `RequestExpired`, as a date that is off |
//! | all of these at the other services | by their lists of common errors, with 403 |
//! | status of `DryRunOperation` | 412 |
//! | an id that is not in the Recycle Bin | left out |
//! | a permission that is taken from someone who has none | 200 |
//! | how far `x-amz-date` may be off | five minutes, else 400 `RequestExpired` |
//! | an instance that was terminated | listed, with its image and tags, for as long as the emulator runs |
//! | order of a listing | ascending by id |

mod bin;
mod changes;
pub(crate) mod cloud;
mod gate;
mod generate;
mod listings;
mod query;
mod service;
mod signature;
pub(crate) mod world;
mod xml;
