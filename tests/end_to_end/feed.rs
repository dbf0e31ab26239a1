//! A feed of invented news.

use crate::newswire::{Log, Newswire};
use test_support::publisher::{Item, Publisher, opml, rss};

/// A feed under `/feed`, on a publisher of its own.
pub struct Feed {
    pub publisher: Publisher,
    pub items: Vec<Item>,
    base: String,
}

impl Feed {
    pub fn new(count: usize) -> Self {
        let publisher = Publisher::start(1);
        let base = publisher.base(0);
        let mut feed = Feed { publisher, items: Vec::new(), base };
        feed.add(count);
        feed
    }

    pub fn url(&self) -> String {
        format!("{}/feed", self.base)
    }

    /// The document with these items.
    pub fn document<'a>(&self, items: impl IntoIterator<Item = &'a Item>) -> String {
        rss("Harbour", &self.base, items)
    }

    pub fn serve(&self, document: String) {
        self.publisher.put("/feed", "application/rss+xml", document);
    }

    /// Adds items.
    pub fn add(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.items.len();
            self.items.push(Item {
                guid: format!("item-{number}"),
                link: format!("{}/item/{number}", self.base),
                title: format!("Harbour report number {number}"),
                body: "<p>The tide was high, and three ships came in.</p>".to_owned(),
                published: jiff::Timestamp::now(),
            });
        }
        self.serve(self.document(&self.items));
    }

    /// Changes the text of an item.
    pub fn change(&mut self, number: usize, body: &str) {
        self.items[number].body = format!("<p>{body}</p>");
        self.serve(self.document(&self.items));
    }

    /// A newswire that polls this feed, not started.
    pub fn newswire(&self, log: &Log) -> Newswire {
        Newswire::new(log, &opml(&[("Harbour".to_owned(), self.url())]))
    }
}
