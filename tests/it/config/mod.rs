//! The settings, from text and variables to the typed whole or to every problem.

#[cfg(test)]
mod agents;
#[cfg(test)]
mod bad;
#[cfg(test)]
pub(crate) mod desk;
#[cfg(test)]
mod handoff;
#[cfg(test)]
mod hours;
#[cfg(test)]
mod in_force;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod omnibus;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod secrets;
