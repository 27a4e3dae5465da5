//! 4. Filters: pure decisions of (event, message, thread, session, settings, now).
