//! Where a key of a scenario file stands in its text: from a path such as `query[0].hold` to bytes.

use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of a file, with the bytes that it and its key take.
#[derive(Debug)]
pub struct Place {
    key: Option<Range<usize>>,
    value: Range<usize>,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Table(Vec<(String, Place)>),
    List(Vec<Place>),
    Text(String),
    Other,
}

/// What of a place is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its key.
    Key,
    /// Its value.
    Value,
}

/// The places of a file in TOML, or in JSON if it begins with a brace; `None` where it is neither.
pub fn places(text: &str) -> Option<Place> {
    if text.trim_start().starts_with('{') {
        // What is read below must be sound.
        serde_json::from_str::<Value>(text).ok()?;
        return Json { text, at: 0 }.value(None);
    }
    let table = DeTable::parse(text).ok()?;
    Some(Place { key: None, value: table.span(), inside: table_of(table.get_ref()) })
}

/// The steps of a path, with names or places for entries of lists.
pub fn steps(path: &str) -> Vec<&str> {
    let path = path.split(": ").next().unwrap_or_default();
    path.split(['.', '[', ']']).filter(|step| !step.is_empty()).collect()
}

impl Place {
    /// What lies one step below.
    fn below(&self, step: &str) -> Option<&Place> {
        match &self.inside {
            Inside::Table(table) => table.iter().find(|(key, _)| key == step).map(|(_, place)| place),
            Inside::List(list) => match step.parse::<usize>() {
                Ok(n) => list.get(n),
                Err(_) => list.iter().find(|entry| entry.name() == Some(step)),
            },
            Inside::Text(_) | Inside::Other => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.below("name")?.inside {
            Inside::Text(name) => Some(name),
            _ => None,
        }
    }

    /// As far as the steps lead: how many were gone, and where they end.
    pub fn follow(&self, steps: &[&str]) -> (usize, &Place) {
        let mut place = self;
        for (gone, step) in steps.iter().enumerate() {
            match place.below(step) {
                Some(next) => place = next,
                None => return (gone, place),
            }
        }
        (steps.len(), place)
    }

    /// The same steps with places in lists in place of names.
    pub fn numbered(&self, steps: &[&str]) -> Vec<String> {
        let mut place = Some(self);
        let mut found = Vec::new();
        for step in steps {
            let named = |list: &[Place]| list.iter().position(|entry| entry.name() == Some(*step));
            let number = match place.map(|place| &place.inside) {
                Some(Inside::List(list)) if step.parse::<usize>().is_err() => named(list),
                _ => None,
            };
            found.push(number.map_or_else(|| (*step).to_owned(), |n| n.to_string()));
            place = place.and_then(|place| place.below(step));
        }
        found
    }

    /// The bytes to be underlined: on one line, and never none.
    pub fn bytes(&self, part: Part, text: &str) -> Range<usize> {
        let large = matches!(self.inside, Inside::Table(_) | Inside::List(_));
        let lines = text.get(self.value.clone()).is_some_and(|value| value.contains('\n'));
        let range = match &self.key {
            Some(key) if part == Part::Key || large || lines => key.clone(),
            _ => self.value.clone(),
        };
        let line = text.get(range.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        range.start..range.start + line.trim_end().len().max(1)
    }
}

fn table_of(table: &DeTable<'_>) -> Inside {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        (name.to_string(), place_of(Some(key.span()), value))
    };
    Inside::Table(table.iter().map(entry).collect())
}

fn place_of(key: Option<Range<usize>>, value: &Spanned<DeValue<'_>>) -> Place {
    let inside = match value.get_ref() {
        DeValue::Table(table) => table_of(table),
        DeValue::Array(list) => Inside::List(list.iter().map(|entry| place_of(None, entry)).collect()),
        DeValue::String(text) => Inside::Text(text.to_string()),
        _ => Inside::Other,
    };
    Place { key, value: value.span(), inside }
}

/// Walks over JSON that is known to be sound.
struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl Json<'_> {
    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']).len();
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self, key: Option<Range<usize>>) -> Option<Place> {
        self.skip();
        let from = self.at;
        let inside = match self.next()? {
            b'{' => self.table()?,
            b'[' => self.list()?,
            b'"' => Inside::Text(self.string()?),
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
                self.at += end.max(1);
                Inside::Other
            }
        };
        Some(Place { key, value: from..self.at, inside })
    }

    fn table(&mut self) -> Option<Inside> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.next()? == b'}' {
                self.at += 1;
                return Some(Inside::Table(entries));
            }
            let from = self.at;
            let name = self.string()?;
            let key = from..self.at;
            entries.push((name, self.value(Some(key))?));
        }
    }

    fn list(&mut self) -> Option<Inside> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.next()? == b']' {
                self.at += 1;
                return Some(Inside::List(entries));
            }
            entries.push(self.value(None)?);
        }
    }

    fn string(&mut self) -> Option<String> {
        let from = self.at;
        self.at += 1;
        while self.next()? != b'"' {
            self.at += if self.next()? == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(self.text.get(from..self.at)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(text: &'a str, path: &str, part: Part) -> (usize, &'a str) {
        let root = places(text).unwrap();
        let (gone, place) = root.follow(&steps(path));
        (gone, &text[place.bytes(part, text)])
    }

    #[test]
    fn keys_and_values_of_toml_are_found() {
        let text = "name = 'x'\ntraffic.rate = '5/s'\n[pool]\nmax_size = 3\n[[query]]\nname = 'checkout'\nhold = '''\nlong'''\n\
                    [[query]]\nhold = 'no'\n";
        assert_eq!(shown(text, "traffic.rate", Part::Value), (2, "'5/s'"));
        assert_eq!(shown(text, "pool.max_size", Part::Value), (2, "3"));
        assert_eq!(shown(text, "pool.max_size", Part::Key), (2, "max_size"));
        assert_eq!(shown(text, "query[1].hold", Part::Value), (3, "'no'"));
        assert_eq!(
            shown(text, "query.checkout.hold", Part::Value),
            (3, "hold"),
            "one of several lines goes by its key"
        );
        assert_eq!(shown(text, "query[1].leak", Part::Value), (2, "[[query]]"));
        assert_eq!(shown(text, "pool.min_idle: more", Part::Value).0, 1);
        assert_eq!(places(text).unwrap().numbered(&steps("query.checkout.hold")), ["query", "0", "hold"]);
    }

    #[test]
    fn keys_and_values_of_json_are_found() {
        let text = "{\"pool\" : {\"max_size\":3},\n \"query\": [ { \"name\": \"a\\\"]\" , \"hold\": \"no\" }, {\"leak\": 1e3} ]}";
        assert_eq!(shown(text, "pool.max_size", Part::Value), (2, "3"));
        assert_eq!(shown(text, "pool.max_size", Part::Key), (2, "\"max_size\""));
        assert_eq!(shown(text, "pool", Part::Value), (1, "\"pool\""));
        assert_eq!(shown(text, "query[0].hold", Part::Value), (3, "\"no\""));
        assert_eq!(shown(text, "query[1].leak", Part::Value), (3, "1e3"));
        assert!(places("{\"a\": ").is_none() && places("a = ").is_none());
    }
}
