//! The file of credentials: a JSON object of [`Credential`]s by name.

use super::Credential;
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::Url;

/// Maximum size of the file in bytes.
const MAX_BYTES: u64 = 16 << 20;

type Entries = BTreeMap<String, Arc<Credential>>;

/// Why credentials cannot be read or written. No message quotes them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("--credentials-file {}: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Others may read or write the file.
    #[error("--credentials-file {}: others than its owner have access (mode {mode:03o}); `chmod 600` it", .file.display())]
    Mode {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not of the documented form.
    #[error("{place}: {problem}")]
    Form {
        /// The file or the variable.
        place: String,
        /// What is wrong, without the text itself.
        problem: String,
    },
    /// There is no credential of this name.
    #[error("there is no credential {0:?} in --credentials-file or NEWSWIRE_CREDENTIALS")]
    Unknown(String),
    /// Another credential has the name.
    #[error("--credentials-file has another credential {0:?}: give the feed another name, or change it there")]
    Taken(String),
    /// There is no file to write to.
    #[error("give --credentials-file FILE, to which they are written, or take them out of the URL")]
    NoFile,
}

/// Credentials by name. The file is read again when it has changed.
#[derive(Debug, Default)]
pub struct CredentialStore {
    file: Option<PathBuf>,
    inline: Entries,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    entries: Entries,
    /// Inode, size and time of change of the file as it was read.
    version: Option<(u64, u64, i64, i64)>,
}

impl CredentialStore {
    /// The credentials of `file`, which need not exist yet, and those of `inline` in the same form.
    ///
    /// # Errors
    /// [`StoreError`] if one of them cannot be read.
    pub fn open(file: Option<PathBuf>, inline: &str) -> Result<Self, StoreError> {
        let inline = if inline.trim().is_empty() { Entries::new() } else { parse(inline.as_bytes(), super::VARIABLE)? };
        let store = CredentialStore { file, inline, loaded: Mutex::default() };
        drop(store.refreshed()?);
        Ok(store)
    }

    /// The file, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The credential of this name. The file precedes the environment.
    ///
    /// # Errors
    /// There is none, or the file has changed and cannot be read.
    pub fn get(&self, name: &str) -> Result<Arc<Credential>, StoreError> {
        let loaded = self.refreshed()?;
        let found = loaded.entries.get(name).or_else(|| self.inline.get(name));
        found.cloned().ok_or_else(|| StoreError::Unknown(name.to_owned()))
    }

    /// Writes a credential to the file and returns its name: `name`, or the one under which the same URL and user are
    /// known, or a new one made of the host. Of the same URL and user it replaces the secret.
    ///
    /// # Errors
    /// There is no file, or it cannot be read or written, or `name` is that of a credential of another URL or user.
    pub fn add(&self, name: &str, url: &Url, credential: &Credential) -> Result<String, StoreError> {
        let file = self.file.as_ref().ok_or(StoreError::NoFile)?;
        let mut loaded = self.refreshed()?;
        let is_same = |known: &Credential| known.url == credential.url && known.username == credential.username;
        let name = match loaded.entries.iter().find(|(_, known)| is_same(known)) {
            _ if !name.is_empty() => name.to_owned(),
            Some((known, _)) => known.clone(),
            None => unused(url.host_str().unwrap_or("feed"), &loaded.entries, &self.inline),
        };
        if loaded.entries.get(&name).is_some_and(|known| **known == *credential) {
            return Ok(name);
        }
        let known = loaded.entries.get(&name).or_else(|| self.inline.get(&name));
        if known.is_some_and(|known| !is_same(known)) {
            return Err(StoreError::Taken(name));
        }
        let mut entries = loaded.entries.clone();
        entries.insert(name.clone(), Arc::new(credential.clone()));
        write(file, &entries).map_err(|source| StoreError::Io { file: file.clone(), source })?;
        loaded.entries = entries;
        loaded.version = None;
        Ok(name)
    }

    /// What the file holds now.
    fn refreshed(&self) -> Result<MutexGuard<'_, Loaded>, StoreError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &self.file else { return Ok(loaded) };
        let failed = |source| StoreError::Io { file: file.clone(), source };
        let metadata = match fs::metadata(file) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *loaded = Loaded::default();
                return Ok(loaded);
            }
            Err(error) => return Err(failed(error)),
        };
        let version = Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()));
        if loaded.version == version {
            return Ok(loaded);
        }
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(StoreError::Mode { file: file.clone(), mode });
        }
        if metadata.size() > MAX_BYTES {
            return Err(failed(io::Error::other(format!("larger than {MAX_BYTES} bytes"))));
        }
        let bytes = fs::read(file).map_err(failed)?;
        *loaded = Loaded { entries: parse(&bytes, &format!("--credentials-file {}", file.display()))?, version };
        Ok(loaded)
    }
}

fn parse(bytes: &[u8], place: &str) -> Result<Entries, StoreError> {
    let form = |problem: String| StoreError::Form { place: place.to_owned(), problem };
    // The parser's own message may quote a value.
    let parsed = serde_json::from_slice::<BTreeMap<String, Credential>>(bytes).map_err(|error| {
        let problem = if error.is_data() { "not an object of credentials by name" } else { "not valid JSON" };
        form(format!("{problem}, at line {} column {}", error.line(), error.column()))
    })?;
    for (name, credential) in &parsed {
        if let Some(problem) = credential.problem() {
            return Err(form(format!("the credential {name:?} has {problem}")));
        }
    }
    Ok(parsed.into_iter().map(|(name, credential)| (name, Arc::new(credential))).collect())
}

fn unused(host: &str, entries: &Entries, inline: &Entries) -> String {
    let is_free = |name: &String| !entries.contains_key(name) && !inline.contains_key(name);
    let mut names = std::iter::once(host.to_owned()).chain((2..).map(|number| format!("{host}-{number}")));
    names.find(is_free).unwrap_or_default()
}

/// Replaces the file in one step. Only its owner may read it, from its first byte on.
fn write(file: &Path, entries: &Entries) -> io::Result<()> {
    let plain: BTreeMap<&String, &Credential> = entries.iter().map(|(name, entry)| (name, &**entry)).collect();
    let mut text = serde_json::to_vec_pretty(&plain)?;
    text.push(b'\n');
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = file.with_file_name(name);
    let written = (|| {
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        out.write_all(&text)?;
        out.sync_all()?;
        fs::rename(&new, file)
    })();
    if written.is_err() {
        drop(fs::remove_file(&new));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials.json");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        (folder, file)
    }

    fn error(text: &str, mode: u32) -> String {
        let (_folder, file) = folder_with(text, mode);
        CredentialStore::open(Some(file), "").unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_no_error_quotes_a_secret() {
        assert!(error("{}", 0o640).contains("mode 640") && error("{}", 0o604).contains("chmod 600"));
        for text in
            [r#"{"a": "hunter2"}"#, r#"{"a": {"pasword": "hunter2"}}"#, r#"{"a": {"bearer": "hunter2\n"}}"#, "hunter2"]
        {
            let error = error(text, 0o600);
            assert!(error.contains("credentials.json") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_credential_is_added_once_and_a_changed_file_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials.json");
        let (one, other) =
            (CredentialStore::open(Some(file.clone()), ""), CredentialStore::open(Some(file.clone()), ""));
        let (one, other) = (one.unwrap(), other.unwrap());
        let url = Url::parse("https://a.example/feed").unwrap();
        let credential =
            |user: &str| Credential { url: url.to_string(), username: user.into(), ..Credential::default() };
        assert!(matches!(other.get("a.example"), Err(StoreError::Unknown(_))));
        for (user, name) in [("me", "a.example"), ("me", "a.example"), ("you", "a.example-2")] {
            assert_eq!(one.add("", &url, &credential(user)).unwrap(), name);
        }
        assert_eq!(other.get("a.example-2").unwrap().username, "you");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(CredentialStore::default().add("", &url, &credential("me")), Err(StoreError::NoFile)));
    }

    #[test]
    fn an_import_does_not_overwrite_the_credential_of_another_url_or_user() {
        let by_hand =
            r#"{"wire": {"bearer": "t"}, "a": {"url": "https://a.example/f", "username": "me", "password": "old"}}"#;
        let (_folder, file) = folder_with(by_hand, 0o600);
        let store = CredentialStore::open(Some(file.clone()), r#"{"shell": {"bearer": "t"}}"#).unwrap();
        let url = Url::parse("https://a.example/f").unwrap();
        let add = |name: &str, user: &str, password: &str| {
            let (username, password) = (user.to_owned(), password.to_owned());
            store.add(name, &url, &Credential { url: url.to_string(), username, password, ..Credential::default() })
        };
        for (name, user) in [("wire", "me"), ("shell", "me"), ("a", "you")] {
            let refused = add(name, user, "s3cret").unwrap_err();
            assert!(matches!(&refused, StoreError::Taken(taken) if taken == name), "{refused}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), by_hand);
        assert_eq!(add("a", "me", "new").unwrap(), "a");
        assert_eq!(store.get("a").unwrap().password, "new");
        assert_eq!(store.get("wire").unwrap().bearer.as_deref(), Some("t"));
    }

    #[test]
    fn credentials_may_stand_in_the_environment() {
        let store = CredentialStore::open(None, r#"{"wire": {"bearer": "t"}}"#).unwrap();
        assert_eq!(store.get("wire").unwrap().bearer.as_deref(), Some("t"));
        assert!(
            CredentialStore::open(None, "hunter2").unwrap_err().to_string().starts_with("NEWSWIRE_CREDENTIALS: not")
        );
    }
}
