//! 1. Intake: verify → parse → judge the envelope → store → 200.
