//! The admin listener: health, metrics, the JSON API.
