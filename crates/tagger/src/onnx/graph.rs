//! Runs model.onnx with tract.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tract_onnx::{prelude::*, tract_hir::infer::Factoid};

/// What an input of the network receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Ids of the pieces.
    Ids,
    /// 1 for each piece, 0 for padding.
    Mask,
    /// 0 for each piece: there is no second text.
    Types,
}

/// A network that is optimised for inputs of one length, or of any.
#[derive(Debug)]
struct Plan {
    /// The number of pieces that it takes; none if any.
    length: Option<usize>,
    inputs: Vec<(Role, DatumType)>,
    run: Arc<TypedRunnableModel>,
}

/// A network that is ready to run; it is shared by threads.
#[derive(Debug)]
pub(super) struct Graph {
    /// By ascending length.
    plans: Vec<Plan>,
    labels: usize,
    pad: u32,
    pieces: usize,
}

/// Lengths for a network that tract cannot optimise for any length: that of a usual sentence, and one that few exceed.
/// Each plan holds the weights again.
const LENGTHS: [usize; 2] = [64, 192];

impl Graph {
    /// Reads a network that returns `labels` logits for each piece. An input has at most `pieces`; `pad` is the id of the
    /// padding piece.
    ///
    /// # Errors
    /// A message: the bytes are not a network, or its inputs or output are not those of a token classifier.
    pub(super) fn new(bytes: &[u8], labels: usize, pieces: usize, pad: u32) -> Result<Graph, String> {
        Graph::of(bytes, labels, pieces, pad, &[None]).or_else(|error| {
            // Some networks can be read only with fixed shapes; their inputs are padded.
            Graph::of(bytes, labels, pieces, pad, &LENGTHS.map(|length| Some(length.min(pieces)))).map_err(|_| error)
        })
    }

    /// With a plan for each of `lengths`.
    fn of(bytes: &[u8], labels: usize, pieces: usize, pad: u32, lengths: &[Option<usize>]) -> Result<Graph, String> {
        // The file is untrusted, so a panic while reading it is an error too.
        let plan = |length: &Option<usize>| {
            catch_unwind(AssertUnwindSafe(|| Plan::new(bytes, *length)))
                .unwrap_or_else(|_| Err("tract panicked while reading it".to_owned()))
        };
        let plans = lengths.iter().map(plan).collect::<Result<Vec<Plan>, String>>()?;
        let longest = plans.iter().filter_map(|plan| plan.length).max().unwrap_or(pieces);
        let graph = Graph { plans, labels, pad, pieces: pieces.min(longest) };
        // Two lengths, to detect a network that accepts only one.
        for pieces in [3, 5] {
            graph.run(&vec![pad; pieces])?;
        }
        Ok(graph)
    }

    /// Largest number of pieces of an input.
    pub(super) fn pieces(&self) -> usize {
        self.pieces
    }

    /// The logits: for each piece in order, one number per label.
    ///
    /// # Errors
    /// A message: the network failed, or its output has another shape.
    pub(super) fn run(&self, ids: &[u32]) -> Result<Vec<f32>, String> {
        let fits = |plan: &&Plan| plan.length.is_none_or(|length| length >= ids.len());
        let plan = self.plans.iter().find(fits).ok_or("more pieces than the network takes")?;
        let padding = plan.length.unwrap_or(ids.len()) - ids.len();
        let length = ids.len() + padding;
        let inputs = plan.inputs.iter().map(|(role, kind)| {
            let (own, fill) = match role {
                Role::Ids => (None, i64::from(self.pad)),
                Role::Mask => (Some(1), 0),
                Role::Types => (Some(0), 0),
            };
            let values = ids.iter().map(|id| own.unwrap_or(i64::from(*id)));
            let values: Vec<i64> = values.chain(std::iter::repeat_n(fill, padding)).collect();
            let tensor = Tensor::from_shape(&[1, length], &values)?;
            Ok(tensor.cast_to_dt(*kind)?.into_owned().into_tvalue())
        });
        let output = inputs.collect::<TractResult<TVec<TValue>>>().and_then(|inputs| {
            catch_unwind(AssertUnwindSafe(|| plan.run.run(inputs)))
                .unwrap_or_else(|_| Err(TractError::msg("the network panicked")))
        });
        let output = output.map_err(|error| format!("{} pieces: {}", ids.len(), short(&error)))?;
        let logits = output.first().ok_or("it has no output")?;
        if logits.shape() != [1, length, self.labels] {
            let (shape, labels) = (logits.shape(), self.labels);
            return Err(format!("output of shape {shape:?} for {length} pieces and {labels} labels"));
        }
        let numbers = || -> TractResult<Vec<f32>> {
            Ok(logits.cast_to::<f32>()?.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
        };
        let mut numbers = numbers().map_err(|error| short(&error))?;
        numbers.truncate(ids.len() * self.labels);
        Ok(numbers)
    }
}

impl Plan {
    fn new(bytes: &[u8], length: Option<usize>) -> Result<Plan, String> {
        let message = |error: TractError| short(&error);
        // Shapes in the file are guesses of its exporter; they are derived from the inputs instead.
        let reader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
        let mut model = reader.model_for_read(&mut &*bytes).map_err(message)?;
        let pieces = length.map_or_else(|| model.symbols.sym("pieces").to_dim(), |length| length.to_dim());
        let mut inputs = Vec::new();
        for (index, outlet) in model.input_outlets().map_err(message)?.to_vec().into_iter().enumerate() {
            let name = model.node(outlet.node).name.clone();
            let role = match name.as_str() {
                "input_ids" => Role::Ids,
                "attention_mask" => Role::Mask,
                "token_type_ids" => Role::Types,
                _ => return Err(format!("it has an input {name:?}, which token classifiers do not have")),
            };
            let kind = model.input_fact(index).map_err(message)?.datum_type.concretize().unwrap_or(DatumType::I64);
            if !matches!(kind, DatumType::I64 | DatumType::I32) {
                return Err(format!("input {name} has type {kind:?} instead of an integer type"));
            }
            let fact = InferenceFact::dt_shape(kind, [1.to_dim(), pieces.clone()]);
            model.set_input_fact(index, fact).map_err(message)?;
            inputs.push((role, kind));
        }
        let has = |role| inputs.iter().any(|(one, _)| *one == role);
        if !has(Role::Ids) {
            return Err("it has no input input_ids".to_owned());
        }
        // Without a mask, padding would be read as text.
        if length.is_some() && !has(Role::Mask) {
            return Err("it takes inputs of one length only and has no attention_mask".to_owned());
        }
        let outputs = model.output_outlets().map_err(message)?;
        let named = |outlet: &&OutletId| {
            model.outlet_label(**outlet) == Some("logits") || model.node(outlet.node).name == "logits"
        };
        let logits = outputs.iter().find(named).or(outputs.first()).copied().ok_or("it has no output")?;
        model.select_output_outlets(&[logits]).map_err(message)?;
        let run = model.into_optimized().and_then(|model| model.into_runnable()).map_err(message)?;
        Ok(Plan { length, inputs, run })
    }
}

/// The error of tract, shortened: it may contain the whole network.
fn short(error: &TractError) -> String {
    const LIMIT: usize = 300;
    let text: String = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    text.char_indices().nth(LIMIT).map_or(text.clone(), |(at, _)| text.get(..at).unwrap_or("").to_owned() + " ..")
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use test_support::onnx::Tiny;

    #[test]
    fn padding_does_not_change_the_logits() {
        let (tiny, labels) = (Tiny::default(), 9);
        let any = Graph::new(&tiny.network(), labels, 64, 0).unwrap();
        let fixed = Graph::of(&tiny.network(), labels, 64, 0, &[Some(8), Some(32)]).unwrap();
        assert_eq!((any.pieces(), fixed.pieces()), (64, 32));
        for length in [1, 7, 8, 9, 32] {
            let ids: Vec<u32> = (0..length).map(|at| at % 16).collect();
            let logits = any.run(&ids).unwrap();
            assert_eq!(logits.len(), ids.len() * labels);
            assert_eq!(fixed.run(&ids).unwrap(), logits, "{length} pieces");
        }
        assert!(fixed.run(&[0; 33]).unwrap_err().contains("more pieces"));
    }

    #[test]
    fn a_network_without_a_mask_is_not_padded() {
        let tiny = Tiny { inputs: vec!["input_ids"], ..Tiny::default() };
        assert!(Graph::new(&tiny.network(), 9, 64, 0).is_ok());
        assert!(Graph::of(&tiny.network(), 9, 64, 0, &[Some(8)]).unwrap_err().contains("no attention_mask"));
    }
}
