//! The object store behind ICE: one file on disk for each object, `FOLDER/BUCKET/OBJECT`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the temporary folders of one process apart.
static FOLDERS: AtomicU64 = AtomicU64::new(0);

/// Objects on disk.
#[derive(Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
    keeping: Keeping,
}

/// What becomes of the folder with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    Stays,
    GoesToo,
}

impl Objects {
    /// A store in a folder, which is made where it is missing and stays.
    pub(crate) fn in_folder(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), keeping: Keeping::Stays })
    }

    /// A store in a folder of its own, which goes with it.
    pub(crate) fn temporary() -> io::Result<Self> {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sexton-objects-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, keeping: Keeping::GoesToo })
    }

    /// Where the objects are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, bucket: &str, object: &str) -> io::Result<PathBuf> {
        let inside = Path::new(bucket).join(object);
        let stays_inside = inside.components().all(|part| matches!(part, Component::Normal(_)));
        if bucket.is_empty() || object.is_empty() || object.starts_with('/') || !stays_inside {
            let problem = format!("{bucket:?} {object:?} name no object inside the folder");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        Ok(self.folder.join(inside))
    }

    /// Puts an object there, in place of what was there.
    pub(crate) fn put(&self, bucket: &str, object: &str, content: &str) -> io::Result<()> {
        let path = self.path(bucket, object)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)
    }

    /// Removes an object; one that is not there is gone.
    pub(crate) fn remove(&self, bucket: &str, object: &str) -> io::Result<()> {
        match fs::remove_file(self.path(bucket, object)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if self.keeping == Keeping::GoesToo
            && let Err(error) = fs::remove_dir_all(&self.folder)
        {
            tracing::warn!(folder = %self.folder.display(), %error, "the objects stay");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_files_and_never_outside_of_the_folder() {
        let objects = Objects::temporary().unwrap();
        objects.put("b", "snapshot/j/1.jpg", "x").unwrap();
        let path = objects.folder().join("b/snapshot/j/1.jpg");
        assert_eq!(fs::read_to_string(&path).unwrap(), "x");
        objects.remove("b", "snapshot/j/1.jpg").unwrap();
        objects.remove("b", "snapshot/j/1.jpg").unwrap();
        assert!(!path.exists());
        for (bucket, object) in [("..", "x"), ("b", "../../x"), ("b", "/etc/x"), ("", "x"), ("b", ""), ("/b", "x")] {
            assert!(objects.put(bucket, object, "x").is_err(), "{bucket} {object}");
        }
        let folder = objects.folder().to_owned();
        drop(objects);
        assert!(!folder.exists());
    }
}
