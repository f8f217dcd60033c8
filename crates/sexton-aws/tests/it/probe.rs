use sexton_provider::{ErrorClass, Observed, Provider};

use crate::server::{Response, Server, address, error, ok, text};

/// The states of what is there, `?` where it is not told, `-` where nothing is, `bin` where it is parked.
async fn states(server: &Server, kind: &str, ids: &[&str]) -> Vec<String> {
    let targets: Vec<_> = ids.iter().map(|id| address(kind, id)).collect();
    let observed = server.provider().probe(&targets).await.unwrap();
    observed
        .into_iter()
        .map(|observed| match observed {
            Observed::Present(resource) => resource.state.known().unwrap_or_else(|| "?".to_owned()),
            Observed::Parked { until } => {
                format!("bin {}", until.map_or_else(|| "?".to_owned(), |time| time.to_string()))
            }
            Observed::Absent => "-".to_owned(),
        })
        .collect()
}

fn item(id: &str, inner: &str) -> String {
    format!("<item><{id}</{}>{inner}</item>", id.split('>').next().unwrap())
}

#[tokio::test]
async fn each_kind_is_looked_at_by_filters_and_what_is_left_out_is_absent() {
    let server = Server::start(|request| {
        let inner = match request.operation.as_str() {
            "DescribeSnapshots" => {
                assert_eq!(request.filtered("snapshot-id"), ["snap-1", "snap-2"]);
                format!("<snapshotSet>{}</snapshotSet>", item("snapshotId>snap-1", "<status>completed</status>"))
            }
            "DescribeImages" => {
                assert_eq!(request.filtered("image-id"), ["ami-1", "ami-2"]);
                let gone = item("imageId>ami-2", "<imageState>deregistered</imageState>");
                format!("<imagesSet>{}{gone}</imagesSet>", item("imageId>ami-1", "<imageState>disabled</imageState>"))
            }
            "DescribeVolumes" => {
                assert_eq!(request.filtered("volume-id"), ["vol-1", "vol-2"]);
                format!("<volumeSet>{}</volumeSet>", item("volumeId>vol-1", "<status>in-use</status>"))
            }
            "DescribeInstances" => {
                assert_eq!(request.filtered("instance-id"), ["i-1", "i-2"]);
                let state = |state: &str| format!("<instanceState><name>{state}</name></instanceState>");
                let both = item("instanceId>i-1", &state("stopped")) + &item("instanceId>i-2", &state("terminated"));
                format!("<reservationSet><item><instancesSet>{both}</instancesSet></item></reservationSet>")
            }
            "DescribeImageAttribute" => {
                "<launchPermission><item><userId>1</userId></item><item><group>all</group></item></launchPermission>"
                    .to_owned()
            }
            _ => return None,
        };
        Some(ok(&request.operation, &inner))
    })
    .await;
    for (kind, ids, expected) in [
        ("snapshot", ["snap-1", "snap-2"], ["completed", "-"]),
        ("image", ["ami-1", "ami-2"], ["disabled", "-"]),
        ("disk", ["vol-1", "vol-2"], ["in-use", "-"]),
        ("instance", ["i-1", "i-2"], ["stopped", "-"]),
        ("share", ["ami-1/1", "ami-1/public"], ["?", "-"]),
        ("publication", ["ami-1/public", "snap-1/public"], ["?", "-"]),
    ] {
        assert_eq!(states(&server, kind, &ids).await, expected, "{kind}");
    }
    // The shares of one image are one call.
    assert_eq!(server.calls_of("DescribeImageAttribute").len(), 2);
}

#[tokio::test]
async fn a_failed_look_says_nothing_of_anything() {
    let broken: [fn() -> Response; 5] = [
        || error(403, "UnauthorizedOperation"),
        || error(500, "InternalError"),
        || error(503, "RequestLimitExceeded"),
        || text(200, "<html/>"),
        || ok("DescribeImages", "").truncated(),
    ];
    for (number, answer) in broken.into_iter().enumerate() {
        let server = Server::start(move |request| (request.operation == "DescribeImages").then(answer)).await;
        assert!(server.provider().probe(&[address("image", "ami-1")]).await.is_err(), "{number}");
        assert_eq!(server.calls_of("DescribeImages").len(), 1, "{number}: once");
    }
}

#[tokio::test]
async fn a_snapshot_is_seen_with_its_lock_and_without_one_that_nobody_tells_of() {
    let snapshot = |lock: fn() -> Response| {
        Server::start(move |request| match request.operation.as_str() {
            "DescribeSnapshots" => {
                Some(ok("DescribeSnapshots", &format!("<snapshotSet>{}</snapshotSet>", item("snapshotId>snap-1", ""))))
            }
            "DescribeLockedSnapshots" => Some(lock()),
            _ => None,
        })
    };
    async fn locked_until(server: Server) -> Option<serde_json::Value> {
        let observed = server.provider().probe(&[address("snapshot", "snap-1")]).await.unwrap();
        let [Observed::Present(resource)] = &observed[..] else { panic!("{observed:?}") };
        resource.attributes.as_ref().known().unwrap().get("locked_until").cloned()
    }
    let told = snapshot(|| {
        let lock = "<lockExpiresOn>2027-01-01T00:00:00Z</lockExpiresOn>";
        ok("DescribeLockedSnapshots", &format!("<snapshotSet>{}</snapshotSet>", item("snapshotId>snap-1", lock)))
    });
    assert_eq!(locked_until(told.await).await, Some("2027-01-01T00:00:00Z".into()));
    assert_eq!(locked_until(snapshot(|| ok("DescribeLockedSnapshots", "<snapshotSet/>")).await).await, None);
    // Unknown, which is not the same as none.
    for untold in [|| error(403, "UnauthorizedOperation"), || text(500, "<html/>")] {
        assert_eq!(locked_until(snapshot(untold).await).await, Some(serde_json::Value::Null));
    }
    let throttled = snapshot(|| error(503, "RequestLimitExceeded")).await;
    assert!(throttled.provider().probe(&[address("snapshot", "snap-1")]).await.is_err());
}

/// A server whose Recycle Bin has a rule for snapshots, and looks so.
async fn with_a_bin(look: fn() -> Response) -> Server {
    Server::start(move |request| match request.operation.as_str() {
        "POST /list-rules" if request.body.contains("EBS_SNAPSHOT") => {
            Some(text(200, r#"{"Rules": [{"Identifier": "abc"}]}"#))
        }
        "GET /rules/abc" => {
            Some(text(200, r#"{"RetentionPeriod": {"RetentionPeriodValue": 7}, "Status": "available"}"#))
        }
        "ListSnapshotsInRecycleBin" => Some(look()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn what_is_not_listed_any_more_may_lie_in_the_bin() {
    let look = || {
        let inner = "<recycleBinExitTime>2026-11-28T00:00:00.000Z</recycleBinExitTime>";
        ok("ListSnapshotsInRecycleBin", &format!("<snapshotSet>{}</snapshotSet>", item("snapshotId>snap-1", inner)))
    };
    let server = with_a_bin(look).await;
    assert_eq!(states(&server, "snapshot", &["snap-1"]).await, ["bin 2026-11-28T00:00:00Z"]);
    // No rule is of images, so nobody looks there.
    assert_eq!(states(&server, "image", &["ami-1"]).await, ["-"]);
    assert_eq!(server.calls_of("ListImagesInRecycleBin").len(), 0);
    let none = with_a_bin(|| error(400, "InvalidSnapshot.NotFound")).await;
    assert_eq!(states(&none, "snapshot", &["snap-1"]).await, ["-"]);
    let denied = with_a_bin(|| error(403, "UnauthorizedOperation")).await;
    assert_eq!(states(&denied, "snapshot", &["snap-1"]).await, ["-"]);
    let broken = with_a_bin(|| error(500, "InternalError")).await;
    let error = broken.provider().probe(&[address("snapshot", "snap-1")]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
}

#[tokio::test]
async fn what_is_not_of_one_place_and_kind_is_not_looked_at() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    assert!(provider.probe(&[address("image", "ami-1"), address("snapshot", "snap-1")]).await.is_err());
    assert!(provider.probe(&[address("bucket", "b")]).await.is_err());
    assert!(provider.probe(&[address("share", "vol-1/1")]).await.is_err());
    assert_eq!(provider.probe(&[]).await.unwrap(), []);
    assert_eq!(server.calls().len(), 0);
}
