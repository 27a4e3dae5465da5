//! The console's pages, asked for as a browser does.

#[cfg(test)]
mod actions;
#[cfg(test)]
pub mod browser;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod dead;
#[cfg(test)]
mod event;
#[cfg(test)]
mod events;
#[cfg(test)]
mod live;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod why;
