//! Faults on demand, for the tests: where a stage dies, freezes or has its transaction aborted, and five ways in which a
//! build can be broken so that the oracle must see it. Compiled only under the features `failpoints` and `sabotage`.

#[cfg(feature = "failpoints")]
mod scripted;

#[cfg(feature = "failpoints")]
pub use scripted::ScriptedCommits;

/// Arms failpoints from `NEWSWIRE_FAIL`: `POINT=ACTION@N`, comma separated. At the N-th passage of the point the process
/// is killed (`kill`), freezes (`freeze`, SIGSTOP), or the transaction fails as if a broker had asked for its abort
/// (`abort`).
///
/// # Errors
/// A sentence, where the text is no such list.
#[cfg(feature = "failpoints")]
fn arm() -> Result<(), String> {
    let Ok(text) = std::env::var("NEWSWIRE_FAIL") else { return Ok(()) };
    for one in text.split(',').filter(|one| !one.is_empty()) {
        let wrong = || format!("NEWSWIRE_FAIL is POINT=ACTION@N, not {one:?}");
        let (point, rest) = one.split_once('=').ok_or_else(wrong)?;
        let (action, passage) = rest.split_once('@').ok_or_else(wrong)?;
        let passage: usize = passage.parse().map_err(|_| wrong())?;
        let signal = match action {
            "abort" => {
                fail::cfg(point, &format!("{}*off->1*return->off", passage.saturating_sub(1)))?;
                continue;
            }
            "kill" => nix::sys::signal::Signal::SIGKILL,
            "freeze" => nix::sys::signal::Signal::SIGSTOP,
            _ => return Err(wrong()),
        };
        let passed = std::sync::atomic::AtomicUsize::new(0);
        fail::cfg_callback(point, move || {
            let is_the_one = passed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == passage;
            if is_the_one && let Err(error) = nix::sys::signal::raise(signal) {
                tracing::error!(%error, "a fault on demand did not happen");
            }
        })?;
    }
    Ok(())
}

/// Arms what `NEWSWIRE_FAIL` asks for; in a build without failpoints, nothing. Ends the process where the text is wrong: a
/// test with a fault that never comes would prove nothing.
pub fn armed_from_environment() {
    #[cfg(feature = "failpoints")]
    if let Err(wrong) = arm() {
        tracing::error!(wrong, "faults on demand cannot be armed");
        std::process::exit(64);
    }
}

/// A way in which a build can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Offsets are committed outside the transaction.
    OffsetsOutside,
    /// Neither the transactional id nor the group's generation tells a zombie.
    NoFence,
    /// State is restored only to the last stable offset.
    RestoreToStable,
    /// Input is read uncommitted.
    ReadUncommitted,
    /// State is applied before the commit.
    StateFirst,
}

/// Whether this process is to be broken in this way: `NEWSWIRE_SABOTAGE` names it.
#[cfg(feature = "sabotage")]
pub(crate) fn sabotaged(how: Sabotage) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<Sabotage>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| match std::env::var("NEWSWIRE_SABOTAGE").ok()?.as_str() {
        "offsets-outside" => Some(Sabotage::OffsetsOutside),
        "no-fence" => Some(Sabotage::NoFence),
        "restore-to-stable" => Some(Sabotage::RestoreToStable),
        "read-uncommitted" => Some(Sabotage::ReadUncommitted),
        "state-first" => Some(Sabotage::StateFirst),
        _ => None,
    });
    *chosen == Some(how)
}

/// Never, in a build that users get.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn sabotaged(_: Sabotage) -> bool {
    false
}
