//! Writes an ONNX file: the parts of Protobuf and of onnx.proto that a small network needs.

/// An encoded message.
#[derive(Default, Clone)]
pub struct Message(pub Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Appends an integer field.
    pub fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    /// Appends a string, bytes or another message.
    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend(value.as_ref());
        self
    }
}

/// `TensorProto.DataType.FLOAT`.
const FLOAT: i64 = 1;
/// `TensorProto.DataType.INT64`.
pub const INT64: i64 = 7;

/// A constant tensor of floats.
pub fn floats(name: &str, shape: &[usize], values: &[f32]) -> Message {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor(name, shape, FLOAT).bytes(9, raw)
}

/// A constant tensor of integers; a scalar if `shape` is empty.
pub fn ints(name: &str, shape: &[usize], values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor(name, shape, INT64).bytes(9, raw)
}

fn tensor(name: &str, shape: &[usize], kind: i64) -> Message {
    let dims = shape.iter().fold(Message::default(), |message, dim| message.int(1, *dim as i64));
    dims.int(2, kind).bytes(8, name)
}

/// A node of the graph; `attribute` is the name and value of an integer attribute.
pub fn node(operation: &str, inputs: &[&str], output: &str, attribute: Option<(&str, i64)>) -> Message {
    let node = inputs.iter().fold(Message::default(), |message, input| message.bytes(1, input));
    let node = node.bytes(2, output).bytes(3, format!("{operation}-{output}")).bytes(4, operation);
    match attribute {
        Some((name, value)) => node.bytes(5, Message::default().bytes(1, name).int(3, value).int(20, 2).0),
        None => node,
    }
}

/// An input or output of shape batch × sequence, and × `last` if given.
fn value(name: &str, kind: i64, last: Option<usize>) -> Message {
    let named = |name: &str| Message::default().bytes(2, name).0;
    let mut shape = Message::default().bytes(1, named("batch")).bytes(1, named("sequence"));
    if let Some(last) = last {
        shape = shape.bytes(1, Message::default().int(1, last as i64).0);
    }
    let tensor = Message::default().int(1, kind).bytes(2, shape.0);
    Message::default().bytes(1, name).bytes(2, Message::default().bytes(1, tensor.0).0)
}

/// A model whose inputs are token ids and whose `output` has `width` values for each token.
pub fn network(inputs: &[&str], constants: &[Message], nodes: &[Message], output: &str, width: usize) -> Vec<u8> {
    let mut graph = nodes.iter().fold(Message::default(), |message, node| message.bytes(1, &node.0));
    graph = graph.bytes(2, "tiny");
    graph = constants.iter().fold(graph, |message, constant| message.bytes(5, &constant.0));
    graph = inputs.iter().fold(graph, |message, input| message.bytes(11, value(input, INT64, None).0));
    graph = graph.bytes(12, value(output, FLOAT, Some(width)).0);
    let operations = Message::default().bytes(1, "").int(2, 13);
    Message::default().int(1, 8).bytes(7, graph.0).bytes(8, operations.0).0
}
