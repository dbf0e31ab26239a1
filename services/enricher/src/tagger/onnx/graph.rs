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
    /// One for each piece.
    Mask,
    /// Zero for each piece of the first text, and there is no second.
    Types,
}

/// A network that is ready to run. One serves any number of threads.
#[derive(Debug)]
pub(super) struct Graph {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<(Role, DatumType)>,
    labels: usize,
}

impl Graph {
    /// Reads a network that gives each piece as many logits as there are labels.
    ///
    /// # Errors
    /// A sentence: what is no network, or one with other inputs or answers.
    pub(super) fn new(bytes: &[u8], labels: usize) -> Result<Graph, String> {
        // A reader of files that anybody may have made: its panics are refusals too.
        let read = catch_unwind(AssertUnwindSafe(|| Graph::read(bytes, labels)));
        let graph = read.map_err(|_| "it cannot be read (tract panicked)".to_owned())??;
        // Two lengths, so that one that takes only the first is found out now.
        for pieces in [3, 5] {
            graph.run(&vec![0; pieces])?;
        }
        Ok(graph)
    }

    fn read(bytes: &[u8], labels: usize) -> Result<Graph, String> {
        let said = |error: TractError| short(&format!("{error:#}"));
        // Shapes that the file claims are guesses of its exporter; they are found anew from the inputs.
        let reader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
        let mut model = reader.model_for_read(&mut &*bytes).map_err(said)?;
        let length = model.symbols.sym("pieces").to_dim();
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
            let fact = InferenceFact::dt_shape(kind, [1.to_dim(), length.clone()]);
            model.set_input_fact(index, fact).map_err(said)?;
            inputs.push((role, kind));
        }
        if !inputs.iter().any(|(role, _)| *role == Role::Ids) {
            return Err("it does not ask for input_ids".to_owned());
        }
        let outputs = model.output_outlets().map_err(said)?;
        let named = |outlet: &&OutletId| {
            model.outlet_label(**outlet) == Some("logits") || model.node(outlet.node).name == "logits"
        };
        let logits = outputs.iter().find(named).or(outputs.first()).copied().ok_or("it gives nothing")?;
        model.select_output_outlets(&[logits]).map_err(said)?;
        let plan = model.into_optimized().and_then(|model| model.into_runnable()).map_err(said)?;
        Ok(Graph { plan, inputs, labels })
    }

    /// Logits of each piece, a row of as many as there are labels.
    ///
    /// # Errors
    /// A sentence: the network could not be run on them, or its answer has another shape.
    pub(super) fn run(&self, ids: &[u32]) -> Result<Vec<f32>, String> {
        let inputs = self.inputs.iter().map(|(role, kind)| {
            let values = ids.iter().map(|id| match role {
                Role::Ids => i64::from(*id),
                Role::Mask => 1,
                Role::Types => 0,
            });
            let tensor = Tensor::from_shape(&[1, ids.len()], &values.collect::<Vec<i64>>())?;
            Ok(tensor.cast_to_dt(*kind)?.into_owned().into_tvalue())
        });
        let answer = inputs.collect::<TractResult<TVec<TValue>>>().and_then(|inputs| {
            catch_unwind(AssertUnwindSafe(|| self.plan.run(inputs)))
                .unwrap_or_else(|_| Err(TractError::msg("the network panicked")))
        });
        let answer = answer.map_err(|error| short(&format!("{} pieces: {error:#}", ids.len())))?;
        let logits = answer.first().ok_or("it gives nothing")?;
        if logits.shape() != [1, ids.len(), self.labels] {
            let (shape, pieces, labels) = (logits.shape(), ids.len(), self.labels);
            return Err(format!("an answer of shape {shape:?} to {pieces} pieces, with {labels} labels"));
        }
        let numbers = || -> TractResult<Vec<f32>> {
            Ok(logits.cast_to::<f32>()?.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
        };
        numbers().map_err(|error| short(&format!("{error:#}")))
    }
}

/// What tract says of a network may hold all of it.
fn short(text: &str) -> String {
    const MOST: usize = 300;
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.char_indices().nth(MOST).map_or(text.clone(), |(at, _)| text.get(..at).unwrap_or("").to_owned() + " ..")
}
