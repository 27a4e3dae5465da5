//! What happens to the bridge's own process, its clock and its disk.

use super::{Nature, Script, What};
use crate::fuse::Broken;

pub fn draw(script: &mut Script<'_>, _: &Nature) {
    for _ in 0..*script.draw.pick(&[0, 0, 1, 2, 4]) {
        let (at, down_ms) = (script.moment(), script.draw.below(30_000));
        let what = match script.draw.below(10) {
            0 => What::Dies { down_ms },
            1 => What::Stops { down_ms },
            2 => {
                let again = u32::try_from(script.draw.between(2, 6)).expect("small");
                What::Crash { after_steps: script.draw.below(12), down_ms: down_ms / 10, again }
            }
            _ => What::Crash { after_steps: script.draw.between(0, 120), down_ms, again: 0 },
        };
        script.push(at, what);
    }
    if script.draw.percent(20) {
        let stall =
            What::Stall { after_steps: script.draw.between(0, 60), for_ms: script.draw.between(1_000, 200_000) };
        let at = script.moment();
        script.push(at, stall);
    }
    if script.draw.percent(20) {
        let size = *script.draw.pick(&[300_i64, 5_000, 90_000]);
        let ms = if script.draw.percent(50) { size } else { -size };
        let at = script.moment();
        script.push(at, What::Jump { ms });
    }
    if script.draw.percent(10) {
        let broken = *script.draw.pick(&[Broken::Full, Broken::Gone]);
        let (at, for_ms) = (script.moment(), script.draw.between(1, 60_000));
        script.push_for(at, for_ms, What::Disk { broken });
    }
}
