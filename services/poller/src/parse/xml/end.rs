//! An end tag, and what else closes elements.

use super::{Parser, key};
use crate::parse::elements::Role;
use crate::salvage::repair::Repair;

impl<'a> Parser<'a, '_> {
    pub(super) fn end(&mut self, name: &'a str) {
        let key = key(name);
        if let Some(capture) = &mut self.capture {
            if capture.end(name) {
                self.close_capture();
            } else if self.stack.iter().rev().skip(1).any(|o| o.is(name, key) && !matches!(o.role, Role::Ignore)) {
                // The end of what is around it: the text was never closed.
                self.repairs.add(Repair::MismatchedTags);
                self.close_capture();
            } else {
                capture.inline_end(name);
                return;
            }
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        match self.stack.iter().rposition(|o| o.is(name, key)) {
            Some(at) => {
                if at + 1 != self.stack.len() {
                    self.repairs.add(Repair::MismatchedTags);
                }
                self.unwind(at);
            }
            None => self.repairs.add(Repair::MismatchedTags),
        }
    }

    /// Closes the elements from number `to` up.
    pub(super) fn unwind(&mut self, to: usize) {
        while self.stack.len() > to {
            let Some(open) = self.stack.pop() else { break };
            (0..open.bases).for_each(|_| self.bases.pop());
            self.names.leave(self.stack.len());
            if open.role == Role::Item {
                self.end_item();
            }
        }
        self.beyond = 0;
    }
}
