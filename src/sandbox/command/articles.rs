//! The sandbox's help articles, compiled in so that it runs from any folder. Written beside the database for the agent.

use std::io;
use std::path::Path;

macro_rules! articles {
    ($($name:literal),+ $(,)?) => {
        /// File name and text of each article of `config/faq`.
        pub const ARTICLES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../config/faq/", $name)))),+];
    };
}

articles!(
    "account.md",
    "delivery-problems.md",
    "opening-hours.md",
    "orders.md",
    "payment-and-invoices.md",
    "returns-and-refunds.md",
    "shipping.md",
);

/// Writes them into a folder, which is made; what somebody edited there stays.
pub fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in ARTICLES {
        let path = folder.join(name);
        if !path.exists() {
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ARTICLES;

    #[test]
    fn every_article_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/faq");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(ARTICLES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), files);
    }
}
