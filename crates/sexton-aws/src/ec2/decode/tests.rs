use serde_json::{Value, json};
use sexton_core::fact::Fact;
use sexton_core::resource::Link;

use super::*;
use crate::rpc::Element;

fn place() -> Place {
    Place { account: "123456789012".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

fn element(fields: &str) -> Element {
    Element::of_xml(&format!("<item>{fields}</item>")).unwrap()
}

/// What a resource says, its place left out.
fn said(resource: &Resource) -> Value {
    let links = resource.links.as_ref().known().map(|links| {
        let link = |link: &Link| format!("{} {}/{}", link.relation, link.target.kind(), link.target.id());
        links.iter().map(link).collect::<Vec<_>>()
    });
    json!({
        "is": format!("{}/{}", resource.address.kind(), resource.address.id()),
        "name": resource.name.as_ref().known(),
        "created_at": resource.created_at.known().map(|time| time.to_string()),
        "state": resource.state.as_ref().known(),
        "size_bytes": resource.size_bytes.known(),
        "tags": resource.tags.as_ref().known(),
        "attrs": resource.attributes.as_ref().known(),
        "links": links,
    })
}

/// A resource of which only that is said.
fn bare(is: &str, attrs: Value, links: Value) -> Value {
    json!({"is": is, "name": null, "created_at": null, "state": null, "size_bytes": null, "tags": {},
        "attrs": attrs, "links": links})
}

const KEPT: Fact<Option<u32>> = Fact::Known(None);

fn read_snapshot(fields: &str, lock: Option<&Lock>) -> Value {
    said(&snapshot(&place(), Row::new(&element(fields)), lock, KEPT).unwrap())
}

#[test]
fn a_snapshot_with_every_field() {
    let fields = "<snapshotId>snap-1</snapshotId><volumeId>vol-ffffffff</volumeId><status>completed</status>\
        <startTime>2026-01-02T03:04:05.678Z</startTime><completionTime>2026-01-02T03:05:00.000Z</completionTime>\
        <volumeSize>8</volumeSize><fullSnapshotSizeInBytes>1024</fullSnapshotSizeInBytes>\
        <ownerId>123456789012</ownerId><ownerAlias>self</ownerAlias><encrypted>true</encrypted>\
        <storageTier>archive</storageTier><restoreExpiryTime>2026-03-01T00:00:00Z</restoreExpiryTime>\
        <outpostArn>arn:aws:outposts:x</outpostArn><description>nightly</description>\
        <tagSet><item><key>Name</key><value>db</value></item><item><key>env</key><value/></item></tagSet>";
    assert_eq!(
        read_snapshot(fields, None),
        json!({"is": "snapshot/snap-1", "name": "db", "created_at": "2026-01-02T03:04:05Z", "state": "completed",
            "size_bytes": 8_u64 << 30, "tags": {"Name": "db", "env": ""},
            "attrs": {"volume_id": "vol-ffffffff", "completed_at": "2026-01-02T03:05:00Z", "full_size_bytes": 1024,
                "owner_alias": "self", "encrypted": true, "storage_tier": "archive", "description": "nightly",
                "restore_expires_at": "2026-03-01T00:00:00Z", "outpost_arn": "arn:aws:outposts:x"},
            "links": []})
    );
    assert_eq!(read_snapshot("<snapshotId>snap-1</snapshotId>", None), bare("snapshot/snap-1", json!({}), json!([])));
}

#[test]
fn a_lock_holds_until_it_is_told_to_be_over() {
    let of = |fields: &str| {
        let lock = lock(Row::new(&element(&format!("<snapshotId>snap-1</snapshotId>{fields}")))).unwrap();
        read_snapshot("<snapshotId>snap-1</snapshotId>", Some(&lock))["attrs"].clone()
    };
    let until = "<lockExpiresOn>2027-01-01T00:00:00.000Z</lockExpiresOn>";
    for state in ["compliance", "governance", "compliance-cooloff", "unheard-of"] {
        let told = of(&format!("<lockState>{state}</lockState>{until}"));
        assert_eq!(told, json!({"lock_state": state, "locked_until": "2027-01-01T00:00:00Z"}));
    }
    assert_eq!(of("<lockState>governance</lockState>"), json!({"lock_state": "governance", "locked_until": null}));
    assert_eq!(of(until), json!({"locked_until": "2027-01-01T00:00:00Z"}));
    assert_eq!(of(&format!("<lockState>expired</lockState>{until}")), json!({"lock_state": "expired"}));
    assert_eq!(of("<lockExpiresOn>soon</lockExpiresOn>"), json!({"locked_until": "soon"}));
}

#[test]
fn what_aws_backup_owns_says_so() {
    let tag = |key: &str| format!("<tagSet><item><key>{key}</key><value>x</value></item></tagSet>");
    let of = |fields: &str| {
        read_snapshot(&format!("<snapshotId>snap-1</snapshotId>{fields}"), None)["attrs"]["owned_by"].clone()
    };
    assert_eq!(of(&tag("aws:backup:source-resource")), json!("aws-backup"));
    assert_eq!(of("<ownerAlias>aws-backup-vault</ownerAlias>"), json!("aws-backup"));
    assert_eq!(read_snapshot(&format!("<snapshotId>s</snapshotId>{}", tag("env")), None)["attrs"], json!({}));
    // Tags that cannot be read may be that.
    let unreadable = read_snapshot("<snapshotId>snap-1</snapshotId><tagSet>x</tagSet>", None);
    assert_eq!(unreadable["attrs"], json!({"owned_by": null}));
}

#[test]
fn the_recycle_bin_is_told_of_where_it_is_known() {
    let of = |kept| {
        let row = element("<snapshotId>snap-1</snapshotId>");
        said(&snapshot(&place(), Row::new(&row), None, kept).unwrap())["attrs"].clone()
    };
    assert_eq!(of(Fact::Known(Some(7))), json!({"recycle_bin_days": 7}));
    assert_eq!(of(Fact::Known(None)), json!({}));
    assert_eq!(of(Fact::Unknown), json!({"recycle_bin_days": null}));
    let in_bin = element(
        "<snapshotId>s</snapshotId><tagSet><item><key>aws:recycle-bin:resource-in-bin</key><value>true</value></item></tagSet>",
    );
    assert!(is_in_the_bin(&snapshot(&place(), Row::new(&in_bin), None, KEPT).unwrap()));
}

fn read_image(fields: &str) -> Value {
    said(&image(&place(), Row::new(&element(fields)), KEPT).unwrap())
}

#[test]
fn an_image_with_every_field_and_all_its_snapshots() {
    let fields = "<imageId>ami-1</imageId><name>web</name><imageState>disabled</imageState>\
        <creationDate>2026-01-02T03:04:05.000Z</creationDate><isPublic>false</isPublic>\
        <imageOwnerId>123456789012</imageOwnerId><imageOwnerAlias>self</imageOwnerAlias>\
        <architecture>x86_64</architecture><platformDetails>Linux/UNIX</platformDetails>\
        <rootDeviceType>ebs</rootDeviceType><description>d</description>\
        <deregistrationProtection>disabled after 2026-02-01T00:00:00Z</deregistrationProtection>\
        <deprecationTime>2028-01-01T00:00:00.000Z</deprecationTime>\
        <lastLaunchedTime>2026-02-02T00:00:00.000Z</lastLaunchedTime><sourceInstanceId>i-1</sourceInstanceId>\
        <sourceImageId>ami-0</sourceImageId><sourceImageRegion>us-east-1</sourceImageRegion>\
        <blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><snapshotId>snap-1</snapshotId></ebs></item>\
        <item><ebs><snapshotId>snap-2</snapshotId></ebs></item><item><virtualName>ephemeral0</virtualName></item>\
        <item><ebs><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping><tagSet/>";
    assert_eq!(
        read_image(fields),
        json!({"is": "image/ami-1", "name": "web", "created_at": "2026-01-02T03:04:05Z", "state": "disabled",
            "size_bytes": null, "tags": {},
            "attrs": {"is_public": false, "image_owner_alias": "self", "architecture": "x86_64",
                "platform": "Linux/UNIX", "root_device_type": "ebs", "description": "d",
                "deregistration_protection": "disabled after 2026-02-01T00:00:00Z",
                "deprecated_at": "2028-01-01T00:00:00Z", "last_launched_at": "2026-02-02T00:00:00Z",
                "source_instance_id": "i-1", "source_image_id": "ami-0", "source_image_region": "us-east-1"},
            "links": ["created-from snapshot/snap-1", "created-from snapshot/snap-2"]})
    );
}

#[test]
fn an_image_whose_snapshots_are_not_told_has_unknown_links() {
    let links = |fields: &str| read_image(&format!("<imageId>ami-1</imageId>{fields}"))["links"].clone();
    assert_eq!(links("<blockDeviceMapping/>"), json!([]));
    assert_eq!(links(""), Value::Null);
    assert_eq!(links("<blockDeviceMapping>x</blockDeviceMapping>"), Value::Null);
    let odd = "<blockDeviceMapping><item><ebs><snapshotId><x/></snapshotId></ebs></item></blockDeviceMapping>";
    assert_eq!(links(odd), Value::Null);
}

#[test]
fn publicity_is_told_or_unreadable() {
    for (fields, told) in [
        ("<isPublic>true</isPublic>", Publicity::Public),
        ("<isPublic>false</isPublic>", Publicity::NotPublic),
        ("<isPublic>perhaps</isPublic>", Publicity::Unreadable),
        ("", Publicity::Unreadable),
    ] {
        assert_eq!(publicity(Row::new(&element(fields))), told, "{fields}");
    }
}

fn read_disk(fields: &str) -> Value {
    said(&disk(&place(), Row::new(&element(fields)), KEPT).unwrap())
}

#[test]
fn a_disk_with_every_field() {
    let fields = "<volumeId>vol-1</volumeId><snapshotId>snap-1</snapshotId><status>in-use</status><size>8</size>\
        <createTime>2026-01-02T03:04:05.000Z</createTime><volumeType>gp3</volumeType><encrypted>false</encrypted>\
        <availabilityZone>eu-west-1a</availabilityZone><multiAttachEnabled>true</multiAttachEnabled>\
        <sourceVolumeId>vol-0</sourceVolumeId><outpostArn>arn</outpostArn>\
        <operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>\
        <attachmentSet><item><instanceId>i-1</instanceId><deleteOnTermination>false</deleteOnTermination></item>\
        <item><instanceId>i-2</instanceId><deleteOnTermination>true</deleteOnTermination></item></attachmentSet>";
    assert_eq!(
        read_disk(fields),
        json!({"is": "disk/vol-1", "name": null, "created_at": "2026-01-02T03:04:05Z", "state": "in-use",
            "size_bytes": 8_u64 << 30, "tags": {},
            "attrs": {"volume_type": "gp3", "encrypted": false, "availability_zone": "eu-west-1a",
                "multi_attach": true, "source_volume_id": "vol-0", "outpost_arn": "arn",
                "managed_by": "eks.amazonaws.com", "delete_with_instance": true},
            "links": ["attached-to instance/i-1", "attached-to instance/i-2", "created-from snapshot/snap-1"]})
    );
    assert_eq!(
        read_disk("<volumeId>vol-1</volumeId><snapshotId/><attachmentSet/>"),
        bare("disk/vol-1", json!({}), json!([]))
    );
}

#[test]
fn a_disk_goes_with_its_instance_unless_it_is_told_not_to() {
    let of = |attachments: &[&str]| {
        let items: String =
            attachments.iter().map(|more| format!("<item><instanceId>i-1</instanceId>{more}</item>")).collect();
        let disk = read_disk(&format!("<volumeId>v</volumeId><attachmentSet>{items}</attachmentSet>"));
        (disk["attrs"].get("delete_with_instance").cloned(), disk["links"].as_array().unwrap().len())
    };
    let told = |text: &str| format!("<deleteOnTermination>{text}</deleteOnTermination>");
    let (yes, no) = (told("true"), told("false"));
    assert_eq!(of(&[&no]), (Some(json!(false)), 1));
    assert_eq!(of(&[&yes]), (Some(json!(true)), 1));
    assert_eq!(of(&[""]), (Some(Value::Null), 1));
    assert_eq!(of(&[&no, ""]), (Some(Value::Null), 1));
    assert_eq!(of(&["", &no]), (Some(Value::Null), 1));
    assert_eq!(of(&["", &yes]), (Some(json!(true)), 1));
    assert_eq!(of(&["<status>detached</status>"]), (None, 0));
    assert_eq!(of(&[]), (None, 0));
    assert_eq!(read_disk("<volumeId>v</volumeId><attachmentSet>x</attachmentSet>")["links"], Value::Null);
}

#[test]
fn a_disk_in_use_whose_attachment_is_not_told_may_be_attached_to_anything() {
    let attached = |inner: &str| format!("<attachmentSet><item>{inner}</item></attachmentSet>");
    let (none, no_field) = ("<attachmentSet/>".to_owned(), String::new());
    let detached = attached("<instanceId>i-1</instanceId><status>detached</status>");
    let nobody = attached("<status>attached</status>");
    let of_a_service = attached("<associatedResource>arn:aws:ecs:x</associatedResource>");
    let (known, unknown) = (json!([]), Value::Null);
    for (state, attachments, links, deletes) in [
        ("available", &no_field, &known, None),
        ("available", &none, &known, None),
        ("available", &detached, &known, None),
        ("in-use", &no_field, &unknown, Some(Value::Null)),
        ("in-use", &none, &unknown, Some(Value::Null)),
        ("in-use", &detached, &unknown, Some(Value::Null)),
        ("in-use", &nobody, &unknown, Some(Value::Null)),
        ("in-use", &of_a_service, &known, Some(Value::Null)),
        ("", &no_field, &unknown, Some(Value::Null)),
        ("", &none, &known, None),
    ] {
        let disk = read_disk(&format!("<volumeId>v</volumeId><status>{state}</status>{attachments}"));
        let told = (&disk["links"], disk["attrs"].get("delete_with_instance").cloned());
        assert_eq!(told, (links, deletes), "{state} {attachments}");
    }
}

#[test]
fn an_instance_with_every_field() {
    let read = |fields: &str| said(&instance(&place(), Row::new(&element(fields))).unwrap());
    let fields = "<instanceId>i-1</instanceId><imageId>ami-1</imageId><launchTime>2026-01-02T03:04:05.000Z</launchTime>\
        <instanceState><code>16</code><name>running</name></instanceState><instanceType>m7.large</instanceType>\
        <instanceLifecycle>spot</instanceLifecycle><rootDeviceType>ebs</rootDeviceType><outpostArn>arn</outpostArn>\
        <placement><availabilityZone>eu-west-1a</availabilityZone></placement><operator><managed>false</managed></operator>\
        <tagSet><item><key>Name</key><value>web</value></item></tagSet>";
    assert_eq!(
        read(fields),
        json!({"is": "instance/i-1", "name": "web", "created_at": "2026-01-02T03:04:05Z", "state": "running",
            "size_bytes": null, "tags": {"Name": "web"},
            "attrs": {"instance_type": "m7.large", "lifecycle": "spot", "root_device_type": "ebs", "outpost_arn": "arn",
                "availability_zone": "eu-west-1a"},
            "links": ["booted-from image/ami-1"]})
    );
    assert_eq!(read("<instanceId>i-1</instanceId>"), bare("instance/i-1", json!({}), Value::Null));
    assert_eq!(
        read("<instanceId>i-1</instanceId><imageId>a</imageId><operator><managed>true</managed></operator>")["attrs"],
        json!({"managed_by": true})
    );
    let over =
        |state: &str| is_over(Row::new(&element(&format!("<instanceState><name>{state}</name></instanceState>"))));
    assert_eq!((over("terminated"), over("shutting-down"), over("")), (true, false, false));
}

#[test]
fn permissions_are_shares_and_a_publication() {
    let read = |shared, list: &str| permissions(&place(), shared, "ami-1", Row::new(&element(list)));
    let list = "<launchPermission><item><userId>111122223333</userId></item><item><group>all</group></item>\
        <item><organizationArn>arn:aws:organizations::1:organization/o-1</organizationArn></item>\
        <item><organizationalUnitArn>arn:aws:organizations::1:ou/o-1/ou-1</organizationalUnitArn></item></launchPermission>";
    let found = read(Shared::Image, list).unwrap();
    let share = |with: &str, of: &str| {
        bare(&format!("share/ami-1/{with}"), json!({"share_type": of}), json!(["grants image/ami-1"]))
    };
    assert_eq!(
        found.shares.iter().map(said).collect::<Vec<_>>(),
        [
            share("111122223333", "account"),
            share("arn:aws:organizations::1:organization/o-1", "organization"),
            share("arn:aws:organizations::1:ou/o-1/ou-1", "organizational-unit"),
        ]
    );
    let public = bare("publication/ami-1/public", json!({}), json!(["publishes image/ami-1"]));
    assert_eq!(found.publication.as_ref().map(said), Some(public));
    let of_a_snapshot = "<createVolumePermission><item><userId>1</userId></item></createVolumePermission>";
    let links = &read(Shared::Snapshot, of_a_snapshot).unwrap().shares[0].links;
    assert_eq!(links.as_ref().known().unwrap()[0].target.kind(), "snapshot");
    assert_eq!(read(Shared::Image, "<launchPermission/>"), Ok(Permissions::default()));
    // Without the list, or with an entry that names nobody, nothing is known.
    assert!(read(Shared::Image, "").is_err());
    assert_eq!(
        read(Shared::Image, "<launchPermission><item/></launchPermission>"),
        Err(DecodeError::Nobody { field: "launchPermission" })
    );
}

#[test]
fn the_id_of_a_share_says_what_it_is_of() {
    assert_eq!(share_parts("ami-1/111122223333"), Some((Shared::Image, "ami-1", "111122223333")));
    assert_eq!(share_parts("snap-1/public"), Some((Shared::Snapshot, "snap-1", "public")));
    assert_eq!(share_parts("ami-1/arn:aws:x:ou/o/ou"), Some((Shared::Image, "ami-1", "arn:aws:x:ou/o/ou")));
    for text in ["ami-1", "ami-1/", "/x", "vol-1/x", "x/y"] {
        assert_eq!(share_parts(text), None, "{text}");
    }
}

#[test]
fn launchers_refer_to_what_any_version_names() {
    let row = element(
        "<launchTemplateId>lt-1</launchTemplateId><launchTemplateName>web</launchTemplateName>\
         <createTime>2026-01-02T03:04:05.000Z</createTime><defaultVersionNumber>1</defaultVersionNumber>\
         <latestVersionNumber>2</latestVersionNumber><tagSet/>",
    );
    let read = |versions: &[&str]| {
        let mut references = TemplateReferences::default();
        for version in versions {
            references.add(Row::new(&element(version)));
        }
        said(&launch_template(&place(), Row::new(&row), Some(&references)).unwrap())
    };
    let data = |inner: &str| format!("<launchTemplateData>{inner}</launchTemplateData>");
    let devices =
        "<blockDeviceMappingSet><item><ebs><snapshotId>snap-1</snapshotId></ebs></item><item/></blockDeviceMappingSet>";
    let both = read(&[&data("<imageId>ami-1</imageId>"), &data(&format!("<imageId>ami-2</imageId>{devices}"))]);
    assert_eq!(
        both,
        json!({"is": "launch-template/lt-1", "name": "web", "created_at": "2026-01-02T03:04:05Z", "state": null,
            "size_bytes": null, "tags": {}, "attrs": {"default_version": 1, "latest_version": 2},
            "links": ["refers-to image/ami-1", "refers-to image/ami-2", "refers-to snapshot/snap-1"]})
    );
    assert_eq!(read(&[&data("")])["links"], json!([]));
    for open in
        ["", &data("<imageId>resolve:ssm:/x</imageId>"), &data("<blockDeviceMappingSet>x</blockDeviceMappingSet>")]
    {
        assert_eq!(read(&[open])["links"], Value::Null, "{open}");
    }
    assert_eq!(said(&launch_template(&place(), Row::new(&row), None).unwrap())["links"], Value::Null);

    let row = element(
        "<LaunchConfigurationName>fleet/blue</LaunchConfigurationName><ImageId>ami-1</ImageId>\
         <CreatedTime>2026-01-02T03:04:05.678Z</CreatedTime><InstanceType>t3.micro</InstanceType>\
         <BlockDeviceMappings><member><Ebs><SnapshotId>snap-1</SnapshotId></Ebs></member></BlockDeviceMappings>",
    );
    assert_eq!(
        said(&launch_configuration(&place(), Row::new(&row)).unwrap()),
        json!({"is": "launch-configuration/fleet/blue", "name": "fleet/blue", "created_at": "2026-01-02T03:04:05Z",
            "state": null, "size_bytes": null, "tags": {}, "attrs": {"instance_type": "t3.micro"},
            "links": ["refers-to image/ami-1", "refers-to snapshot/snap-1"]})
    );
}

#[test]
fn a_row_without_an_id_is_no_resource() {
    let row = element("<name>x</name>");
    assert_eq!(image(&place(), Row::new(&row), KEPT), Err(DecodeError::NoId { field: "imageId" }));
}
