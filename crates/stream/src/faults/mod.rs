//! Faults for tests: points at which a process is killed or frozen or its transaction is aborted, and the broken builds that
//! the chaos oracle must detect. Compiled only under the features `failpoints` and `sabotage`.

#[cfg(feature = "failpoints")]
mod scripted;

#[cfg(feature = "failpoints")]
mod clock;

#[cfg(feature = "failpoints")]
pub use clock::now;

#[cfg(feature = "failpoints")]
pub use scripted::ScriptedCommits;

/// The present time.
#[cfg(not(feature = "failpoints"))]
#[must_use]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Arms failpoints from `NEWSWIRE_FAIL`: `POINT=ACTION@N`, comma separated. At the N-th passage of the point the process
/// is killed (`kill`), freezes (`freeze`, SIGSTOP), its thread stays there (`hang`), or the transaction fails as if a broker
/// had required its abort (`abort`).
///
/// # Errors
/// A message if the text is not a valid list.
#[cfg(feature = "failpoints")]
fn arm() -> Result<(), String> {
    let Ok(text) = std::env::var("NEWSWIRE_FAIL") else { return Ok(()) };
    for one in text.split(',').filter(|one| !one.is_empty()) {
        let invalid = || format!("NEWSWIRE_FAIL is POINT=ACTION@N, not {one:?}");
        let (point, rest) = one.split_once('=').ok_or_else(invalid)?;
        let (action, passage) = rest.split_once('@').ok_or_else(invalid)?;
        let passage: usize = passage.parse().map_err(|_| invalid())?;
        let signal = match action {
            "abort" => {
                fail::cfg(point, &format!("{}*off->1*return->off", passage.saturating_sub(1)))?;
                continue;
            }
            "kill" => Some(nix::sys::signal::Signal::SIGKILL),
            "freeze" => Some(nix::sys::signal::Signal::SIGSTOP),
            "hang" => None,
            _ => return Err(invalid()),
        };
        let (passed, at) = (std::sync::atomic::AtomicUsize::new(0), point.to_owned());
        fail::cfg_callback(point, move || {
            if passed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 != passage {
                return;
            }
            let Some(signal) = signal else {
                tracing::warn!("a thread hangs at {at}");
                loop {
                    std::thread::park();
                }
            };
            if let Err(error) = nix::sys::signal::raise(signal) {
                tracing::error!(%error, "a signal could not be raised");
            }
        })?;
    }
    Ok(())
}

/// Arms the failpoints of `NEWSWIRE_FAIL`; does nothing in a build without failpoints. Ends the process with code 64 if the
/// text is invalid: a test whose fault never occurs proves nothing.
pub fn armed_from_environment() {
    #[cfg(feature = "failpoints")]
    if let Err(error) = arm() {
        tracing::error!(error, "failpoints not armed");
        std::process::exit(64);
    }
}

/// A deliberate defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Offsets are committed outside the transaction.
    OffsetsOutside,
    /// Neither the transactional id nor the group's generation fences a zombie.
    NoFence,
    /// State is restored only to the last stable offset.
    RestoreToStable,
    /// Input is read uncommitted.
    ReadUncommitted,
    /// State is applied before the commit.
    StateFirst,
    /// An entry with corrected link and guid is another article.
    SplitCorrected,
    /// Every source counts as the publisher.
    AnySource,
    /// A feed that shows an article later is not remembered.
    ForgetFeeds,
    /// A withdrawn article that is shown again is published.
    ShowWithdrawn,
}

/// True if `NEWSWIRE_SABOTAGE` names this defect.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn sabotaged(how: Sabotage) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<Sabotage>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| match std::env::var("NEWSWIRE_SABOTAGE").ok()?.as_str() {
        "offsets-outside" => Some(Sabotage::OffsetsOutside),
        "no-fence" => Some(Sabotage::NoFence),
        "restore-to-stable" => Some(Sabotage::RestoreToStable),
        "read-uncommitted" => Some(Sabotage::ReadUncommitted),
        "state-first" => Some(Sabotage::StateFirst),
        "split-corrected" => Some(Sabotage::SplitCorrected),
        "any-source" => Some(Sabotage::AnySource),
        "forget-feeds" => Some(Sabotage::ForgetFeeds),
        "show-withdrawn" => Some(Sabotage::ShowWithdrawn),
        _ => None,
    });
    *chosen == Some(how)
}

/// False: release builds have no defects to enable.
#[cfg(not(feature = "sabotage"))]
#[must_use]
pub const fn sabotaged(_: Sabotage) -> bool {
    false
}
