//! Which seeds fail and with what words, without shrinking: for judging the checks themselves by a bug put into `src`
//! on purpose. `SIM_FIRST=1 SIM_SEEDS=100 cargo test --test sim survey -- --ignored --nocapture`

use std::collections::BTreeMap;

use super::{ending, number, planned};

#[test]
#[ignore = "for a bug put in by hand"]
fn survey() {
    let (first, count) = (number("SIM_FIRST", 1), number("SIM_SEEDS", 50));
    std::panic::set_hook(Box::new(|_| {}));
    let mut words: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for seed in first..first + count {
        if let Err(why) = ending(&planned(seed)) {
            println!("seed {seed}: {why}\n");
            let first: String = why.chars().take_while(|c| !matches!(c, ':' | '{' | '\n')).collect();
            words.entry(first.chars().filter(|c| !c.is_ascii_digit()).collect()).or_default().push(seed);
        }
    }
    drop(std::panic::take_hook());
    let failed: usize = words.values().map(Vec::len).sum();
    println!("{failed} of {count} seeds fail");
    for (why, seeds) in words {
        println!("{:>4} {why}: {seeds:?}", seeds.len());
    }
}
