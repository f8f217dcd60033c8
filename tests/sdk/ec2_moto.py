"""A world in moto, made and looked at through boto3: an independent server and an independent client of EC2.

    python ec2_moto.py serve PORT                 runs moto until it is killed; prints a line once it listens
    python ec2_moto.py create http://HOST:PORT    makes the world; prints {"gone": […], "stays": […]}: what the policy of
                                                  tests/e2e/ec2_moto.rs means to remove, and what it means to keep
    python ec2_moto.py list http://HOST:PORT      prints every resource that boto3 sees, as kind/id
    python ec2_moto.py templates http://HOST:PORT N   makes N launch templates more

moto is started with MOTO_EC2_LOAD_DEFAULT_AMIS=false. What it does otherwise than EC2: each registered image gets one
snapshot of its own, whose deletion it refuses while the image is registered; it ignores block device mappings,
never refuses to deregister, cuts DescribeLaunchTemplates off without a token, and knows no locks and no Recycle Bin.
"""

import json
import os
import sys
import threading

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

import boto3  # noqa: E402

REGION = "eu-west-1"
ACCOUNT = "123456789012"
FRIEND, STRANGER = "111122223333", "444455556666"


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="moto-key",
        aws_secret_access_key="moto-secret",
    )


def tags(resource, **pairs):
    return [
        {"ResourceType": resource, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}
    ]


class World:
    def __init__(self, endpoint):
        self.ec2 = client("ec2", endpoint)
        self.scaling = client("autoscaling", endpoint)
        self.gone, self.stays = set(), set()

    def image(self, name, env, where):
        """An image with its own snapshot, in the set where they belong."""
        image = self.ec2.register_image(Name=name)["ImageId"]
        self.ec2.create_tags(Resources=[image], Tags=[{"Key": "env", "Value": env}])
        mappings = self.ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
        snapshot = mappings[0]["Ebs"]["SnapshotId"]
        where.update([f"image/{image}", f"snapshot/{snapshot}"])
        return image, snapshot

    def share_image(self, image, where, *accounts, public=False):
        add = [{"UserId": account} for account in accounts] + ([{"Group": "all"}] if public else [])
        self.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": add})
        where.update(f"share/{image}/{account}" for account in accounts)
        where.update([f"publication/{image}/public"] if public else [])

    def share_snapshot(self, snapshot, where, *accounts, public=False):
        # moto knows this form only.
        self.ec2.modify_snapshot_attribute(
            SnapshotId=snapshot,
            Attribute="createVolumePermission",
            OperationType="add",
            UserIds=list(accounts),
            GroupNames=["all"] if public else [],
        )
        where.update(f"share/{snapshot}/{account}" for account in accounts)
        where.update([f"publication/{snapshot}/public"] if public else [])

    def volume(self, env, where, **arguments):
        arguments.setdefault("Size", 8)
        volume = self.ec2.create_volume(
            AvailabilityZone=REGION + "a", TagSpecifications=tags("volume", env=env), **arguments
        )["VolumeId"]
        where.add(f"disk/{volume}")
        return volume

    def snapshot(self, volume, env, where):
        snapshot = self.ec2.create_snapshot(
            VolumeId=volume, TagSpecifications=tags("snapshot", env=env), Description="by the test"
        )["SnapshotId"]
        where.add(f"snapshot/{snapshot}")
        return snapshot

    def instance(self, image, env, where, volumes_where):
        """A running instance whose root volume goes with it."""
        mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}
        instance = self.ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[mapping],
            TagSpecifications=tags("instance", env=env),
        )["Instances"][0]["InstanceId"]
        where.add(f"instance/{instance}")
        found = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        volumes_where.update(f"disk/{mapping['Ebs']['VolumeId']}" for mapping in found["BlockDeviceMappings"])
        return instance

    def template(self, name, data):
        template = self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]
        self.stays.add(f"launch-template/{template['LaunchTemplateId']}")
        return template["LaunchTemplateId"]

    def fill(self):
        gone, stays = self.gone, self.stays
        # What nothing holds, once what only hangs on it goes too.
        for number in range(3):
            self.image(f"plain-{number}", "dev", gone)
        image, snapshot = self.image("shared", "dev", gone)
        self.share_image(image, gone, FRIEND, STRANGER)
        # An orphan would not have its share taken along; a snapshot that a rule names itself has.
        self.ec2.create_tags(Resources=[snapshot], Tags=[{"Key": "env", "Value": "dev"}])
        self.share_snapshot(snapshot, gone, FRIEND)
        image, _ = self.image("published", "dev", gone)
        self.share_image(image, gone, public=True)
        image, _ = self.image("disabled", "dev", gone)
        self.ec2.disable_image(ImageId=image)

        # What something holds.
        image, _ = self.image("used", "dev", stays)
        self.instance(image, "prod", stays, stays)
        image, _ = self.image("in-a-template", "dev", stays)
        older, _ = self.image("in-an-older-version", "dev", stays)
        template = self.template("web", {"ImageId": older})
        self.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"ImageId": image})
        image, _ = self.image("in-a-configuration", "dev", stays)
        self.scaling.create_launch_configuration(
            LaunchConfigurationName="fleet/blue", ImageId=image, InstanceType="t3.micro"
        )
        stays.add("launch-configuration/fleet/blue")
        # What a rule protects, and what none speaks of.
        image, snapshot = self.image("golden", "prod", stays)
        self.share_image(image, stays, FRIEND)
        self.share_snapshot(snapshot, stays, public=True)

        # Snapshots of volumes, one of which has a volume made of it: that does not hold it.
        source = self.volume("prod", stays)
        snapshot = self.snapshot(source, "dev", gone)
        self.volume("prod", stays, SnapshotId=snapshot)
        snapshot = self.snapshot(source, "dev", gone)
        self.share_snapshot(snapshot, gone, STRANGER, public=True)
        self.snapshot(source, "prod", stays)

        # Volumes and instances.
        self.volume("dev", gone)
        image, _ = self.image("of-the-old-instance", "dev", gone)
        self.instance(image, "dev", gone, gone)
        # moto does not tell of a volume whether it goes with its instance: it may, and this one is to stay.
        image, _ = self.image("of-an-instance-with-a-volume", "dev", stays)
        instance = self.instance(image, "dev", stays, stays)
        kept = self.volume("prod", stays)
        self.ec2.attach_volume(VolumeId=kept, InstanceId=instance, Device="/dev/sdf")


def listed(endpoint):
    ec2, scaling = client("ec2", endpoint), client("autoscaling", endpoint)
    found = set()
    for image in ec2.describe_images(Owners=["self"])["Images"]:
        found.add(f"image/{image['ImageId']}")
        permissions = ec2.describe_image_attribute(ImageId=image["ImageId"], Attribute="launchPermission")
        found.update(permitted(image["ImageId"], permissions["LaunchPermissions"]))
    for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        found.add(f"snapshot/{snapshot['SnapshotId']}")
        permissions = ec2.describe_snapshot_attribute(
            SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission"
        )
        found.update(permitted(snapshot["SnapshotId"], permissions["CreateVolumePermissions"]))
    found.update(f"disk/{volume['VolumeId']}" for volume in ec2.describe_volumes()["Volumes"])
    for page in ec2.get_paginator("describe_instances").paginate():
        for reservation in page["Reservations"]:
            for instance in reservation["Instances"]:
                if instance["State"]["Name"] != "terminated":
                    found.add(f"instance/{instance['InstanceId']}")
    templates = ec2.describe_launch_templates(MaxResults=200)["LaunchTemplates"]
    found.update(f"launch-template/{template['LaunchTemplateId']}" for template in templates)
    configurations = scaling.describe_launch_configurations()["LaunchConfigurations"]
    found.update(f"launch-configuration/{each['LaunchConfigurationName']}" for each in configurations)
    return sorted(found)


def permitted(of, permissions):
    for permission in permissions:
        if permission.get("Group") == "all":
            yield f"publication/{of}/public"
        else:
            yield f"share/{of}/{permission['UserId']}"


def serve(port):
    from moto.server import ThreadedMotoServer

    ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False).start()
    print(json.dumps({"listening": f"http://127.0.0.1:{port}"}), flush=True)
    # Who started this reads no further, and moto writes more: a pipe that is closed or full would hold its answers up.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    threading.Event().wait()


def main(arguments):
    command, argument = arguments[:2]
    if command == "serve":
        serve(argument)
    elif command == "create":
        world = World(argument)
        world.fill()
        print(json.dumps({"gone": sorted(world.gone), "stays": sorted(world.stays)}))
    elif command == "list":
        print(json.dumps(listed(argument)))
    elif command == "templates":
        ec2 = client("ec2", argument)
        for number in range(int(arguments[2])):
            ec2.create_launch_template(LaunchTemplateName=f"many-{number}", LaunchTemplateData={"KeyName": "k"})
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
