//! A hash table from phrases and beginnings of phrases to senses: open addressing, smaller and faster than `HashMap`.

/// The value of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    /// Index of the phrase's first sense plus one; 0 if the key is only the beginning of phrases.
    first: u32,
    /// Number of senses.
    count: u16,
    /// A longer phrase begins with it.
    longer: bool,
}

impl Slot {
    /// Indices of the senses.
    #[must_use]
    pub fn senses(self) -> std::ops::Range<usize> {
        let first = (self.first as usize).saturating_sub(1);
        first..first + usize::from(self.count)
    }

    /// True if a longer phrase begins with this one.
    #[must_use]
    pub fn longer(self) -> bool {
        self.longer
    }
}

/// The table, at most half full.
#[derive(Debug, Default)]
pub struct Table {
    keys: Vec<u64>,
    slots: Vec<Slot>,
    mask: usize,
}

impl Table {
    /// A table for up to `keys` keys.
    #[must_use]
    pub fn with_capacity(keys: usize) -> Self {
        let size = (keys * 2).next_power_of_two().max(16);
        Table { keys: vec![0; size], slots: vec![Slot::default(); size], mask: size - 1 }
    }

    fn place(&self, key: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits of a hash")]
        let mut at = key as usize & self.mask;
        while self.keys[at] != 0 && self.keys[at] != key {
            at = (at + 1) & self.mask;
        }
        at
    }

    /// Records that a longer phrase begins with `key`, which is not 0.
    pub fn beginning(&mut self, key: u64) {
        let at = self.place(key);
        self.keys[at] = key;
        self.slots[at].longer = true;
    }

    /// Records the senses of the phrase `key`, which is not 0.
    pub fn phrase(&mut self, key: u64, senses: std::ops::Range<usize>) {
        let at = self.place(key);
        self.keys[at] = key;
        self.slots[at].first = u32::try_from(senses.start + 1).unwrap_or(0);
        self.slots[at].count = u16::try_from(senses.len()).unwrap_or(u16::MAX);
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<Slot> {
        let at = self.place(key);
        (self.keys[at] == key).then(|| self.slots[at])
    }

    /// Memory of the table, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.keys.len() * 8 + self.slots.len() * size_of::<Slot>()
    }
}
