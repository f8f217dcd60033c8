//! Where credentials were found to come from, before anybody was asked for them.

use std::path::PathBuf;

use sexton_http::Secret;

use super::Credentials;

/// A place that gives credentials.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// They are here.
    Fixed(Credentials),
    /// STS AssumeRole, called with those of another origin.
    Role {
        /// Who assumes the role.
        by: Box<Origin>,
        /// The role.
        role: Role,
    },
    /// STS AssumeRoleWithOIDC, called with the token in a file.
    Oidc {
        /// The role.
        role: Role,
        /// Who issued the token.
        provider_arn: String,
        /// The file; read anew each time, for its keeper replaces it.
        token_file: PathBuf,
    },
    /// The metadata service of the instance that this runs on.
    Instance {
        /// The instance's role; asked for where it is not named.
        role_name: Option<String>,
        /// Whether to go on without a token of the service's second version.
        first_version: FirstVersion,
        /// Whether anything said that there is an instance.
        expected: Expected,
    },
    /// The standard output of a command.
    Command(Secret),
}

/// A role to be assumed.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    /// Its name in full.
    pub(crate) arn: String,
    /// What its session is called in the vendor's audit log.
    pub(crate) session_name: String,
    /// For how long the credentials are asked for, in seconds.
    pub(crate) duration: u32,
    /// A policy that takes away from the role's.
    pub(crate) policy: Option<String>,
    /// What the role's trust policy may ask of its caller.
    pub(crate) external_id: Option<String>,
    /// Whose endpoint of STS is called; the central one where there is none.
    pub(crate) sts_region: Option<String>,
}

/// Whether the metadata service may be asked without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstVersion {
    /// Where it gives none.
    Allowed,
    /// Never (`ALIBABA_CLOUD_IMDSV1_DISABLED`).
    Disabled,
}

/// Whether anything said that this runs on an instance with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A profile or a variable did.
    Yes,
    /// It is the last place of the chain, and may not be there.
    Perhaps,
}
