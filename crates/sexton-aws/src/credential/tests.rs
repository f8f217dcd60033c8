use std::sync::Arc;
use std::sync::Mutex as StdMutex;

use aws_credential_types::provider::future;

use super::*;

/// Gives what stands next in its list, and the last for ever.
#[derive(Debug, Clone)]
struct Scripted(Arc<StdMutex<Vec<Given>>>);

/// A key, and for how many seconds it lasts.
type Given = Result<(&'static str, u64), ()>;

impl ProvideCredentials for Scripted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut list = self.0.lock().unwrap();
        let next = if list.len() > 1 { list.remove(0) } else { list[0] };
        future::ProvideCredentials::ready(match next {
            Ok((key, seconds)) => {
                let end = SystemTime::now() + Duration::from_secs(seconds);
                Ok(aws_credential_types::Credentials::new(key, "secret", None, Some(end), "scripted"))
            }
            Err(()) => Err(CredentialsError::provider_error("away")),
        })
    }
}

fn keyring(list: &[Given]) -> Keyring {
    let keyring = Keyring::new(CredentialSource::Chain);
    let provider = SharedCredentialsProvider::new(Scripted(Arc::new(StdMutex::new(list.to_vec()))));
    keyring.provider.set(provider).unwrap();
    keyring
}

async fn current(keyring: &Keyring) -> String {
    keyring.current().await.unwrap().access_key_id().to_owned()
}

#[tokio::test]
async fn a_removal_takes_no_credentials_that_nobody_was_told_of() {
    let keyring = keyring(&[Ok(("a", 100)), Ok(("b", 3600))]);
    assert_eq!(keyring.tell_generation(), 0);
    assert_eq!(keyring.last_given().await.unwrap().access_key_id(), "a");
    // These end soon, and a read renews them.
    assert_eq!(current(&keyring).await, "b");
    assert_eq!(keyring.last_given().await, Err(NoCredentials::Renewed));
    assert_eq!(keyring.tell_generation(), 1);
    assert_eq!(keyring.last_given().await.unwrap().access_key_id(), "b");
}

#[tokio::test]
async fn a_removal_that_finds_its_credentials_ended_renews_them_and_does_not_use_them() {
    let keyring = keyring(&[Ok(("a", 5)), Ok(("b", 3600))]);
    assert_eq!(current(&keyring).await, "a");
    assert_eq!(keyring.tell_generation(), 0);
    assert_eq!(keyring.last_given().await, Err(NoCredentials::Renewed));
    assert_eq!(keyring.tell_generation(), 1);
    assert_eq!(keyring.last_given().await.unwrap().access_key_id(), "b");
}

#[tokio::test]
async fn the_same_key_for_longer_is_no_other() {
    let keyring = keyring(&[Ok(("a", 100)), Ok(("a", 3600))]);
    assert_eq!((current(&keyring).await, current(&keyring).await), ("a".to_owned(), "a".to_owned()));
    assert_eq!(keyring.tell_generation(), 0);
}

#[tokio::test]
async fn what_still_lasts_is_used_where_nothing_new_is_given() {
    let lasting = keyring(&[Ok(("a", 100)), Err(())]);
    assert_eq!((current(&lasting).await, current(&lasting).await), ("a".to_owned(), "a".to_owned()));
    let ended = keyring(&[Ok(("a", 5)), Err(())]);
    assert_eq!(current(&ended).await, "a");
    assert!(matches!(ended.current().await, Err(NoCredentials::NotGiven(_))));
}

#[tokio::test]
async fn given_credentials_are_never_shown() {
    let given = Credentials::new("the-id", "the-secret", Some("the-token".to_owned()));
    let keyring = Keyring::new(CredentialSource::Given(given));
    keyring.current().await.unwrap();
    let shown = format!("{keyring:?}");
    assert!(!shown.contains("the-secret") && !shown.contains("the-token"), "{shown}");
}
