//! Documents derived from the schemas.
