//! A service with a connection pool.

/// Connections of the pool of one instance.
pub const POOL_SIZE: u32 = 12;
