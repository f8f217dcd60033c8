//! Alibaba Cloud for Sexton: ECS over one RPC client.
