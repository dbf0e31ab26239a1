//! End tags, and everything else that closes elements.

use super::{Parser, key};
use crate::parse::elements::Role;
use proto::Warning;

impl<'a> Parser<'a, '_> {
    /// Handles an end tag.
    pub(super) fn end(&mut self, name: &'a str) {
        let key = key(name);
        if let Some(capture) = &mut self.capture {
            if capture.is_closed_by(name) {
                self.close_capture();
            } else if self.stack.iter().rev().skip(1).any(|o| o.is(name, key) && !matches!(o.role, Role::Ignore)) {
                // An outer element ends: the text was not closed.
                self.repairs.add(Warning::MismatchedTags);
                self.close_capture();
            } else {
                capture.inline_end(name);
                return;
            }
        }
        if self.flattened > 0 {
            self.flattened -= 1;
            return;
        }
        match self.stack.iter().rposition(|o| o.is(name, key)) {
            Some(at) => {
                if at + 1 != self.stack.len() {
                    self.repairs.add(Warning::MismatchedTags);
                }
                self.unwind(at);
            }
            None => self.repairs.add(Warning::MismatchedTags),
        }
    }

    /// Closes all elements from index `to` of the stack on.
    pub(super) fn unwind(&mut self, to: usize) {
        while self.stack.len() > to {
            let Some(open) = self.stack.pop() else { break };
            (0..open.bases).for_each(|_| self.bases.pop());
            self.namespaces.leave(self.stack.len());
            if open.role == Role::Item {
                self.end_item();
            }
        }
        self.flattened = 0;
    }
}
