//! What a data set looks like, as one HTML file made for reading: its numbers, plots, sample journeys and checks.
//!
//! A [`page::Page`] says everything that is shown and knows no HTML; [`render::html`] makes it a file, with style, script and the
//! charting library inside, so that nothing is asked of any network. The same data set gives the same bytes.

pub mod compose;
mod markup;
pub mod numbers;
pub mod page;
pub mod render;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
