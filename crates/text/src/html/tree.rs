//! What a parser would do to build the tree of a source: counted without building it.
//!
//! Some sources are small and cost a parser far more than their length: formatting that each paragraph opens again,
//! thousands of elements that a table moves before itself, elements that are never closed because their end tag is not
//! in scope. The tree builder of html5ever runs here on nodes that only know their parent. It stops at the limit.

use html5ever::{
    Attribute, ExpandedName, LocalName, ParseOpts, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns,
    tendril::{StrTendril, TendrilSink},
};
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Steps of an element; a text is one.
const ELEMENT: usize = 5;
/// Steps that every source may take, and how many more for each byte.
const LEAST: usize = 200_000;
const PER_BYTE: usize = 4;
/// Bytes that are parsed between two looks at the steps.
const CHUNK: usize = 1_024;

/// What was counted.
pub(super) struct Cost {
    /// Elements, texts and moved nodes.
    pub steps: usize,
    /// True if the source takes more steps than one of its length may, or nests elements `max_depth` deep.
    pub too_much: bool,
}

/// Counts what `source` costs a parser.
pub(super) fn cost(source: &str, max_depth: usize) -> Cost {
    let limit = LEAST + PER_BYTE * source.len();
    let name = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = html5ever::parse_fragment(Counter::default(), ParseOpts::default(), name, Vec::new(), false);
    let mut rest = source;
    loop {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK));
        parser.process(StrTendril::from_slice(chunk));
        let counter = &parser.tokenizer.sink.sink;
        let (steps, deepest) = (counter.steps.get(), counter.deepest.get());
        let too_much = steps > limit || deepest > max_depth;
        if too_much || after.is_empty() {
            return Cost { steps, too_much };
        }
        rest = after;
    }
}

struct Node {
    name: QualName,
    depth: Cell<usize>,
    children: Cell<usize>,
    parent: RefCell<Option<Rc<Node>>>,
}

impl Node {
    fn new(name: QualName) -> Rc<Node> {
        Rc::new(Node { name, depth: Cell::new(0), children: Cell::new(0), parent: RefCell::default() })
    }
}

struct Counter {
    document: Rc<Node>,
    steps: Cell<usize>,
    nodes: Cell<usize>,
    deepest: Cell<usize>,
}

impl Default for Counter {
    fn default() -> Self {
        let document = Node::new(QualName::new(None, ns!(), LocalName::from("")));
        Counter { document, steps: Cell::new(0), nodes: Cell::new(0), deepest: Cell::new(0) }
    }
}

impl Counter {
    fn count(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    fn append_to(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.count(1);
        parent.children.set(parent.children.get() + 1);
        if let NodeOrText::AppendNode(node) = child {
            self.remove_from_parent(&node);
            node.depth.set(parent.depth.get() + 1);
            self.deepest.set(self.deepest.get().max(node.depth.get()));
            *node.parent.borrow_mut() = Some(parent.clone());
        }
    }
}

impl TreeSink for Counter {
    type Handle = Rc<Node>;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Rc<Node> {
        self.document.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Node>) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Rc<Node> {
        self.count(ELEMENT + attrs.len());
        self.nodes.set(self.nodes.get() + 1);
        Node::new(name)
    }

    fn create_comment(&self, _: StrTendril) -> Rc<Node> {
        self.count(1);
        Node::new(QualName::new(None, ns!(), LocalName::from("")))
    }

    fn create_pi(&self, target: StrTendril, _: StrTendril) -> Rc<Node> {
        self.create_comment(target)
    }

    fn append(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.append_to(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Rc<Node>, prev: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        let has_parent = element.parent.borrow().is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append_to(prev, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Node>) -> Rc<Node> {
        target.clone()
    }

    fn same_node(&self, x: &Rc<Node>, y: &Rc<Node>) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    /// A tree searches the sibling among its parent's children.
    fn append_before_sibling(&self, sibling: &Rc<Node>, new: NodeOrText<Rc<Node>>) {
        let parent = sibling.parent.borrow().clone();
        let parent = parent.unwrap_or_else(|| self.document.clone());
        self.count(parent.children.get());
        self.append_to(&parent, new);
    }

    fn add_attrs_if_missing(&self, _: &Rc<Node>, attrs: Vec<Attribute>) {
        self.count(attrs.len());
    }

    /// A tree searches the node among its parent's children.
    fn remove_from_parent(&self, target: &Rc<Node>) {
        if let Some(parent) = target.parent.borrow_mut().take() {
            self.count(parent.children.get());
            parent.children.set(parent.children.get().saturating_sub(1));
        }
    }

    /// The children keep their parent here; the parser asks only for that of tables.
    fn reparent_children(&self, node: &Rc<Node>, new_parent: &Rc<Node>) {
        let children = node.children.take();
        self.count(children);
        new_parent.children.set(new_parent.children.get() + children);
        new_parent.depth.set(new_parent.depth.get().max(node.depth.get() + 1));
    }

    /// A tree searches its `select` for the place.
    fn maybe_clone_an_option_into_selectedcontent(&self, _: &Rc<Node>) {
        self.count(self.nodes.get());
    }
}
