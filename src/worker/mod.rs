//! 3. The worker: lease a mailbox, bind a turn, run it, finish it.
