//! EC2 as a cloud behind the desk.

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::address::NameError;
use sexton_core::inventory::{BuildError, Inventory};

use super::changes::Change;
use super::gate::Gate;
use super::listings::Look;
use super::query::Query;
use super::service::Service;
use super::signature::Authorization;
use super::world::Ec2World;
use super::{bin, xml};
use crate::cloud::{Cloud, Note, Turn, Written};
use crate::credential::Credential;
use crate::dice::Dice;
use crate::error::ApiError;
use crate::faults::{self, Behaviour};
use crate::request::RawRequest;

/// A request that was understood.
#[derive(Debug)]
pub(crate) struct Asked {
    operation: String,
    query: Query,
    authorization: Authorization,
    service: Service,
}

/// A request whose caller is known.
#[derive(Debug)]
pub(crate) struct Admitted {
    asked: Asked,
    body: Value,
    path: String,
    caller: Credential,
}

/// What is told of what was done.
#[derive(Debug)]
pub(crate) struct Told {
    operation: String,
    service: Service,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Xml(String),
    Json(Value),
}

/// The account's region, and an empty one for everybody else.
#[derive(Debug)]
pub(crate) struct Ec2Cloud {
    world: Ec2World,
    elsewhere: Ec2World,
    gate: Gate,
    behaviour: Behaviour,
    /// Which service the request that is being answered is for: errors look different.
    speaks: Service,
}

impl Ec2Cloud {
    pub(crate) fn open(world: Ec2World, credentials: Vec<Credential>, behaviour: Behaviour) -> Result<Self, NameError> {
        let others = credentials.iter().filter_map(|credential| credential.account.as_deref());
        let mut others = others.filter(|account| *account != world.account());
        let other = others.next_back().unwrap_or(world.account()).to_owned();
        let elsewhere = Ec2World::empty(&other, world.region())?;
        Ok(Self { world, elsewhere, gate: Gate::new(credentials), behaviour, speaks: Service::Ec2 })
    }
}

impl Cloud for Ec2Cloud {
    type Asked = Asked;
    type Admitted = Admitted;
    type Done = Told;

    fn settle(&mut self, now: Timestamp) {
        self.world.settle(now);
    }

    fn inventory(&self, now: Timestamp) -> Result<Inventory, BuildError> {
        self.world.inventory(now)
    }

    fn read(&self, request: &RawRequest, note: &mut Note) -> Result<Asked, ApiError> {
        let mut parameters = request.parameters()?;
        note.operation = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/list-rules") => "ListRules".to_owned(),
            ("GET", path) if path.starts_with("/rules/") => "GetRule".to_owned(),
            _ => parameters.remove("Action").unwrap_or_default(),
        };
        let version = parameters.remove("Version");
        note.parameters = parameters.clone();
        let header = request.header("authorization").unwrap_or_default();
        let authorization = Authorization::parse(header).ok_or_else(|| {
            ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let service = Service::find(&authorization.service);
        let service =
            service.ok_or_else(|| ApiError::new(403, "AuthFailure", "Credential should be scoped to a service"))?;
        if service != Service::RecycleBin && version.as_deref() != Some(service.version()) {
            return Err(ApiError::new(400, "InvalidAction", "The version of the API is not served."));
        }
        Ok(Asked { operation: note.operation.clone(), query: Query(parameters), authorization, service })
    }

    fn admit(
        &mut self,
        request: &RawRequest,
        asked: Asked,
        note: &mut Note,
        now: Timestamp,
    ) -> Result<Admitted, ApiError> {
        self.speaks = asked.service;
        let caller = self.gate.admit(request, asked.service, &asked.authorization, now)?;
        note.access_key_id = Some(caller.access_key_id.clone());
        if asked.authorization.region != self.world.region() {
            return Err(ApiError::new(403, "AuthFailure", "Credential should be scoped to a valid region."));
        }
        let body = match asked.service {
            Service::RecycleBin if !request.body.is_empty() => serde_json::from_slice(&request.body)
                .map_err(|_| ApiError::new(400, "ValidationException", "The body is no JSON."))?,
            Service::RecycleBin | Service::Ec2 | Service::Sts | Service::AutoScaling => Value::Null,
        };
        Ok(Admitted { asked, body, path: request.path.clone(), caller })
    }

    fn carry_out(&mut self, admitted: Admitted, turn: Turn<'_>) -> Result<Told, ApiError> {
        let Admitted { asked, body, path, caller } = admitted;
        let Asked { operation, query, service, .. } = asked;
        let is_denied = caller.deny.iter().any(|pattern| faults::names(pattern, &operation));
        if is_denied && operation != "GetCallerIdentity" {
            return Err(service.denied());
        }
        let is_own = caller.account.as_deref().is_none_or(|account| account == self.world.account());
        let world = if is_own { &mut self.world } else { &mut self.elsewhere };
        let body = match service {
            Service::RecycleBin => Body::Json(match operation.as_str() {
                "ListRules" => bin::list_rules(world, &body)?,
                _ => bin::get_rule(world, path.trim_start_matches("/rules/"))?,
            }),
            Service::Ec2 | Service::Sts | Service::AutoScaling => {
                let dice = self.behaviour.short_pages.then(|| Dice::split(turn.seed, 2_000, turn.seq));
                let lingers = self.behaviour.guard_lingers_ms;
                Body::Xml(dispatch(world, service, &operation, &query, turn.now, dice, lingers)?)
            }
        };
        Ok(Told { operation, service, body })
    }

    fn throttled(&self) -> ApiError {
        self.speaks.throttled()
    }

    fn broken(&self, status: u16, code: &str) -> ApiError {
        ApiError::new(status, code.to_owned(), "An internal error has occurred")
    }

    fn write(&self, _: &Note, reply: Result<&Told, &ApiError>, request_id: &str) -> Written {
        let xml = |status: u16, body: String| Written {
            status,
            content_type: "text/xml;charset=UTF-8",
            headers: vec![("x-amzn-requestid", request_id.to_owned())],
            body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}").into_bytes(),
        };
        let json = |status: u16, body: &Value, headers: Vec<(&'static str, String)>| Written {
            status,
            content_type: "application/json",
            headers: headers.into_iter().chain([("x-amzn-requestid", request_id.to_owned())]).collect(),
            body: body.to_string().into_bytes(),
        };
        match reply {
            Ok(Told { operation, service, body: Body::Xml(inner) }) => {
                let id = match service {
                    Service::Ec2 => xml::text("requestId", request_id),
                    Service::Sts | Service::AutoScaling | Service::RecycleBin => {
                        xml::around("ResponseMetadata", &xml::text("RequestId", request_id))
                    }
                };
                let namespace = service.namespace();
                xml(200, format!("<{operation}Response xmlns=\"{namespace}\">{id}{inner}</{operation}Response>"))
            }
            Ok(Told { body: Body::Json(body), .. }) => json(200, body, Vec::new()),
            Err(error) => {
                let told = xml::text("Code", &error.code) + &xml::text("Message", &error.message);
                match self.speaks {
                    Service::Ec2 => {
                        let errors = xml::around("Errors", &xml::around("Error", &told));
                        xml(error.status, xml::around("Response", &(errors + &xml::text("RequestID", request_id))))
                    }
                    Service::Sts | Service::AutoScaling => {
                        let told = xml::around("Error", &told) + &xml::text("RequestId", request_id);
                        xml(error.status, xml::around("ErrorResponse", &told))
                    }
                    Service::RecycleBin => {
                        let headers = vec![("x-amzn-errortype", error.code.to_string())];
                        json(error.status, &serde_json::json!({ "message": error.message }), headers)
                    }
                }
            }
        }
    }

    fn retry_after(&self, millis: u64) -> (&'static str, String) {
        ("retry-after", millis.div_ceil(1000).to_string())
    }
}

fn dispatch(
    world: &mut Ec2World,
    service: Service,
    operation: &str,
    query: &Query,
    now: Timestamp,
    dice: Option<Dice>,
    guard_lingers_ms: u64,
) -> Result<String, ApiError> {
    let mut look = Look { world, query, now, dice };
    match (service, operation) {
        (Service::Sts, "GetCallerIdentity") => return Ok(look.caller()),
        (Service::AutoScaling, "DescribeLaunchConfigurations") => return look.launch_configurations(),
        (Service::Ec2, "DescribeRegions") => return Ok(look.regions()),
        (Service::Ec2, "DescribeAvailabilityZones") => return Ok(look.zones()),
        (Service::Ec2, "DescribeSnapshots") => return look.snapshots(),
        (Service::Ec2, "DescribeLockedSnapshots") => return look.locked_snapshots(),
        (Service::Ec2, "DescribeImages") => return look.images(),
        (Service::Ec2, "DescribeVolumes") => return look.volumes(),
        (Service::Ec2, "DescribeInstances") => return look.instances(),
        (Service::Ec2, "DescribeLaunchTemplates") => return look.launch_templates(),
        (Service::Ec2, "DescribeLaunchTemplateVersions") => return look.launch_template_versions(),
        (Service::Ec2, "DescribeImageAttribute") => return look.permissions("image"),
        (Service::Ec2, "DescribeSnapshotAttribute") => return look.permissions("snapshot"),
        (Service::Ec2, "ListSnapshotsInRecycleBin") => return bin::contents(&mut look, "snapshot"),
        (Service::Ec2, "ListImagesInRecycleBin") => return bin::contents(&mut look, "image"),
        (Service::Ec2, "ListVolumesInRecycleBin") => return bin::contents(&mut look, "disk"),
        _ => {}
    }
    let mut change = Change { world, query, now, guard_lingers_ms };
    match (service, operation) {
        (Service::Ec2, "DeleteSnapshot") => change.delete_snapshot(),
        (Service::Ec2, "DeregisterImage") => change.deregister_image(),
        (Service::Ec2, "DeleteVolume") => change.delete_volume(),
        (Service::Ec2, "TerminateInstances") => change.terminate_instances(),
        (Service::Ec2, "ModifyImageAttribute") => change.modify("image"),
        (Service::Ec2, "ModifySnapshotAttribute") => change.modify("snapshot"),
        _ => Err(ApiError::new(
            400,
            "InvalidAction",
            format!("The action {operation} is not valid for this web service."),
        )),
    }
}
