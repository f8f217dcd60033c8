//! The words of the API on which its behaviour depends. A word that is not known stays as it is.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum $name {
            $($variant,)*
            Other(String),
        }

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

words! {
    /// `Snapshot.Status`.
    SnapshotStatus {
        Progressing = "progressing",
        Accomplished = "accomplished",
        Failed = "failed",
    }
}

words! {
    /// `Image.Status`.
    ImageStatus {
        Creating = "Creating",
        Waiting = "Waiting",
        Available = "Available",
        UnAvailable = "UnAvailable",
        CreateFailed = "CreateFailed",
        Deprecated = "Deprecated",
    }
}

words! {
    /// `Image.Usage`.
    ImageUsage {
        Instance = "instance",
        None = "none",
    }
}

words! {
    /// `Disk.Status`.
    DiskStatus {
        InUse = "In_use",
        Available = "Available",
    }
}

words! {
    /// `Disk.Type`.
    DiskType {
        System = "system",
        Data = "data",
    }
}

words! {
    /// `DiskChargeType` and `InstanceChargeType`.
    ChargeType {
        PrePaid = "PrePaid",
        PostPaid = "PostPaid",
    }
}

words! {
    /// `Instance.Status`.
    InstanceStatus {
        Running = "Running",
        Stopped = "Stopped",
    }
}

words! {
    /// `Task.TaskStatus`. `Waiting` is not documented; the vendor's Terraform provider waits on it.
    TaskStatus {
        Processing = "Processing",
        Waiting = "Waiting",
        Finished = "Finished",
        Failed = "Failed",
    }
}

words! {
    /// `Task.TaskAction`.
    TaskAction {
        ImportImage = "ImportImage",
        ExportImage = "ExportImage",
    }
}

words! {
    /// `LockStatus` of a snapshot lock.
    LockStatus {
        CoolOff = "compliance-cooloff",
        Compliance = "compliance",
        Expired = "expired",
    }
}

/// `Snapshot.Usage`: what was made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SnapshotUsage {
    pub(crate) image: bool,
    pub(crate) disk: bool,
}

impl SnapshotUsage {
    pub(crate) fn as_str(self) -> &'static str {
        match (self.image, self.disk) {
            (true, true) => "image_disk",
            (true, false) => "image",
            (false, true) => "disk",
            (false, false) => "none",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let usage = |image, disk| Some(Self { image, disk });
        match text {
            "image_disk" => usage(true, true),
            "image" => usage(true, false),
            "disk" => usage(false, true),
            "none" => usage(false, false),
            _ => None,
        }
    }
}

pub(crate) use words;
