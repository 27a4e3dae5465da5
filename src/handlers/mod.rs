//! 5. Handlers: what a turn does, every outside effect a journalled step.
