//! The services that answer at one endpoint, and what each calls the same trouble.

use crate::error::ApiError;

/// A service, told by the scope of the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Sts,
    AutoScaling,
    RecycleBin,
}

impl Service {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "ec2" => Self::Ec2,
            "sts" => Self::Sts,
            "autoscaling" => Self::AutoScaling,
            "rbin" => Self::RecycleBin,
            _ => return None,
        })
    }

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Sts => "2011-06-15",
            Self::AutoScaling => "2011-01-01",
            Self::RecycleBin => "2021-06-15",
        }
    }

    pub(crate) fn namespace(self) -> String {
        match self {
            Self::Ec2 => format!("http://ec2.amazonaws.com/doc/{}/", self.version()),
            Self::Sts => format!("https://sts.amazonaws.com/doc/{}/", self.version()),
            Self::AutoScaling | Self::RecycleBin => {
                format!("http://autoscaling.amazonaws.com/doc/{}/", self.version())
            }
        }
    }

    /// A key that nobody has, or a token that is not the key's.
    pub(crate) fn unknown_key(self) -> ApiError {
        let message = "The security token included in the request is invalid";
        match self {
            Self::Ec2 => {
                ApiError::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
            Self::Sts | Self::AutoScaling => ApiError::new(403, "InvalidClientTokenId", message),
            Self::RecycleBin => ApiError::new(403, "UnrecognizedClientException", message),
        }
    }

    /// A signature with another secret, or of something else than this.
    pub(crate) fn wrong_signature(self, canonical: &str) -> ApiError {
        let code = match self {
            Self::Ec2 | Self::Sts | Self::AutoScaling => "SignatureDoesNotMatch",
            Self::RecycleBin => "InvalidSignatureException",
        };
        let message = format!(
            "The request signature we calculated does not match the signature you provided. The Canonical String for \
             this request should have been '{canonical}'"
        );
        ApiError::new(403, code, message)
    }

    /// Temporary keys that are over.
    pub(crate) fn expired_token(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self {
            Self::Ec2 => ApiError::new(400, "RequestExpired", "Request has expired."),
            Self::Sts | Self::AutoScaling => ApiError::new(403, "ExpiredToken", message),
            Self::RecycleBin => ApiError::new(403, "ExpiredTokenException", message),
        }
    }

    /// An identity without the permission.
    pub(crate) fn denied(self) -> ApiError {
        let code = match self {
            Self::Ec2 => "UnauthorizedOperation",
            Self::Sts | Self::AutoScaling => "AccessDenied",
            Self::RecycleBin => "AccessDeniedException",
        };
        ApiError::new(403, code, "You are not authorized to perform this operation.")
    }

    /// Too many calls.
    pub(crate) fn throttled(self) -> ApiError {
        match self {
            Self::Ec2 => ApiError::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            Self::Sts | Self::AutoScaling => ApiError::new(400, "Throttling", "Rate exceeded"),
            Self::RecycleBin => ApiError::new(429, "ThrottlingException", "Rate exceeded"),
        }
    }
}
