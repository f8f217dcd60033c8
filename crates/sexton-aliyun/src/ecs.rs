//! The provider `aliyun-ecs`.

mod rulebook;
mod vocabulary;

pub use rulebook::ecs_rulebook;
