//! The network: a model.onnx as tract runs it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tract_onnx::{prelude::*, tract_hir::infer::Factoid};

/// What one of the network's inputs is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Numbers of the pieces.
    Ids,
    /// One for each piece, zero for what only fills up.
    Mask,
    /// Zero for each piece of the first text, and there is no second.
    Types,
}

/// A network made ready for texts of one length, or of any.
#[derive(Debug)]
struct Plan {
    /// Pieces that it takes, no fewer and no more.
    length: Option<usize>,
    inputs: Vec<(Role, DatumType)>,
    run: Arc<TypedRunnableModel>,
}

/// A network that is ready to run. One serves any number of threads.
#[derive(Debug)]
pub(super) struct Graph {
    /// By length.
    plans: Vec<Plan>,
    labels: usize,
    pad: u32,
    pieces: usize,
}

/// Lengths for a network that tract can only make ready for one: a usual sentence's, and one that few exceed. Each holds
/// the weights again.
const LENGTHS: [usize; 2] = [64, 192];

impl Graph {
    /// Reads a network that gives each piece as many logits as there are labels. At most `pieces` are one text; `pad` is
    /// the piece that fills up.
    ///
    /// # Errors
    /// A sentence: what is no network, or one with other inputs or answers.
    pub(super) fn new(bytes: &[u8], labels: usize, pieces: usize, pad: u32) -> Result<Graph, String> {
        Graph::of(bytes, labels, pieces, pad, &[None]).or_else(|why| {
            // Some networks are understood only where each shape is a number; then texts are filled up.
            Graph::of(bytes, labels, pieces, pad, &LENGTHS.map(|length| Some(length.min(pieces)))).map_err(|_| why)
        })
    }

    /// With a plan for each of some lengths.
    fn of(bytes: &[u8], labels: usize, pieces: usize, pad: u32, lengths: &[Option<usize>]) -> Result<Graph, String> {
        // A reader of files that anybody may have made: its panics are refusals too.
        let plan = |length: &Option<usize>| {
            catch_unwind(AssertUnwindSafe(|| Plan::new(bytes, *length)))
                .unwrap_or_else(|_| Err("it cannot be read (tract panicked)".to_owned()))
        };
        let plans = lengths.iter().map(plan).collect::<Result<Vec<Plan>, String>>()?;
        let most = plans.iter().filter_map(|plan| plan.length).max().unwrap_or(pieces);
        let graph = Graph { plans, labels, pad, pieces: pieces.min(most) };
        // Two lengths, so that one that takes only the first is found out now.
        for pieces in [3, 5] {
            graph.run(&vec![pad; pieces])?;
        }
        Ok(graph)
    }

    /// Most pieces of a text.
    pub(super) fn pieces(&self) -> usize {
        self.pieces
    }

    /// Logits of each piece, a row of as many as there are labels.
    ///
    /// # Errors
    /// A sentence: the network could not be run on them, or its answer has another shape.
    pub(super) fn run(&self, ids: &[u32]) -> Result<Vec<f32>, String> {
        let fits = |plan: &&Plan| plan.length.is_none_or(|length| length >= ids.len());
        let plan = self.plans.iter().find(fits).ok_or("more pieces than the network takes")?;
        let filler = plan.length.unwrap_or(ids.len()) - ids.len();
        let length = ids.len() + filler;
        let inputs = plan.inputs.iter().map(|(role, kind)| {
            let (own, fill) = match role {
                Role::Ids => (None, i64::from(self.pad)),
                Role::Mask => (Some(1), 0),
                Role::Types => (Some(0), 0),
            };
            let values = ids.iter().map(|id| own.unwrap_or(i64::from(*id)));
            let values: Vec<i64> = values.chain(std::iter::repeat_n(fill, filler)).collect();
            let tensor = Tensor::from_shape(&[1, length], &values)?;
            Ok(tensor.cast_to_dt(*kind)?.into_owned().into_tvalue())
        });
        let answer = inputs.collect::<TractResult<TVec<TValue>>>().and_then(|inputs| {
            catch_unwind(AssertUnwindSafe(|| plan.run.run(inputs)))
                .unwrap_or_else(|_| Err(TractError::msg("the network panicked")))
        });
        let answer = answer.map_err(|error| format!("{} pieces: {}", ids.len(), short(&error)))?;
        let logits = answer.first().ok_or("it gives nothing")?;
        if logits.shape() != [1, length, self.labels] {
            let (shape, labels) = (logits.shape(), self.labels);
            return Err(format!("an answer of shape {shape:?} to {length} pieces, with {labels} labels"));
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
        let said = |error: TractError| short(&error);
        // Shapes that the file claims are guesses of its exporter; they are derived from the inputs instead.
        let reader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
        let mut model = reader.model_for_read(&mut &*bytes).map_err(said)?;
        let pieces = length.map_or_else(|| model.symbols.sym("pieces").to_dim(), |length| length.to_dim());
        let mut inputs = Vec::new();
        for (index, outlet) in model.input_outlets().map_err(said)?.to_vec().into_iter().enumerate() {
            let name = model.node(outlet.node).name.clone();
            let role = match name.as_str() {
                "input_ids" => Role::Ids,
                "attention_mask" => Role::Mask,
                "token_type_ids" => Role::Types,
                _ => return Err(format!("it asks for {name:?}, which no token classifier does")),
            };
            let kind = model.input_fact(index).map_err(said)?.datum_type.concretize().unwrap_or(DatumType::I64);
            if !matches!(kind, DatumType::I64 | DatumType::I32) {
                return Err(format!("its {name} are {kind:?}, no whole numbers"));
            }
            let fact = InferenceFact::dt_shape(kind, [1.to_dim(), pieces.clone()]);
            model.set_input_fact(index, fact).map_err(said)?;
            inputs.push((role, kind));
        }
        let asks = |role| inputs.iter().any(|(one, _)| *one == role);
        if !asks(Role::Ids) {
            return Err("it does not ask for input_ids".to_owned());
        }
        // Without a mask what fills up would be read as text.
        if length.is_some() && !asks(Role::Mask) {
            return Err("it takes texts of one length only, and no attention_mask".to_owned());
        }
        let outputs = model.output_outlets().map_err(said)?;
        let named = |outlet: &&OutletId| {
            model.outlet_label(**outlet) == Some("logits") || model.node(outlet.node).name == "logits"
        };
        let logits = outputs.iter().find(named).or(outputs.first()).copied().ok_or("it gives nothing")?;
        model.select_output_outlets(&[logits]).map_err(said)?;
        let run = model.into_optimized().and_then(|model| model.into_runnable()).map_err(said)?;
        Ok(Plan { length, inputs, run })
    }
}

/// What tract says of a network, which may hold all of it.
fn short(error: &TractError) -> String {
    const MOST: usize = 300;
    let text: String = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    text.char_indices().nth(MOST).map_or(text.clone(), |(at, _)| text.get(..at).unwrap_or("").to_owned() + " ..")
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use test_support::onnx::Tiny;

    #[test]
    fn what_fills_up_changes_nothing() {
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
    fn without_a_mask_nothing_is_filled_up() {
        let tiny = Tiny { inputs: vec!["input_ids"], ..Tiny::default() };
        assert!(Graph::new(&tiny.network(), 9, 64, 0).is_ok());
        assert!(Graph::of(&tiny.network(), 9, 64, 0, &[Some(8)]).unwrap_err().contains("no attention_mask"));
    }
}
