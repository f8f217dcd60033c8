//! What an account looks like. An app has a block of each kind in each region, a *cell*; links stay in the cell. Which
//! number of a cell a link names follows from ranks alone, so that a snapshot's `usage` can tell the truth about images
//! that are written elsewhere.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Scale;
use super::line::{Kind, Line, OLDEST, REGIONS, ago, id};
use super::random::{Chance, Dice, mix, push_digits};

pub(super) const POLICY: &str = include_str!("fleet/rules.toml");

const ENVS: [&str; 4] = ["dev", "prod", "qa", "test"];
const TEAMS: u64 = 40;
const PUBLIC_IMAGES: [&str; 6] = [
    "aliyun_3_x64_20G_alibase_20240528.vhd",
    "aliyun_3_arm64_20G_alibase_20240528.vhd",
    "centos_7_9_x64_20G_alibase_20240403.vhd",
    "debian_12_6_x64_20G_alibase_20240711.vhd",
    "ubuntu_22_04_x64_20G_alibase_20240530.vhd",
    "win2022_21H2_x64_dtc_en-us_40G_alibase.vhd",
];

/// Where a resource stands: its app, its region, and its number among those of its kind there.
#[derive(Debug, Clone, Copy)]
struct Place {
    app: u64,
    region: u64,
    rank: u64,
}

/// How many resources of each kind the cell of a place has, and which of them refer to which. Ranks of snapshots: those
/// with images come first, then those with disks alone (the last with images has a disk too, where both can be), then
/// those without use, then the automatic ones.
#[derive(Debug)]
struct Cell {
    images: u64,
    disks: u64,
    instances: u64,
    /// How many snapshots somebody asked for.
    user_snapshots: u64,
    with_images: u64,
    first_with_disk: u64,
    with_disks: u64,
    booted_images: u64,
    shared_images: u64,
}

#[derive(Debug)]
pub(super) struct Fleet {
    seed: u64,
    unknown_permille: u64,
    apps: u64,
    counts: [u64; 5],
}

impl Fleet {
    pub(super) fn new(scale: &Scale) -> Self {
        let total = scale.resources;
        let [images, disks, instances, shares] = [20, 10, 15, 5].map(|percent| total * percent / 100);
        Self {
            seed: scale.seed,
            unknown_permille: u64::from(scale.unknown_permille),
            apps: (total / 250).max(1),
            counts: [total - images - disks - instances - shares, images, disks, instances, shares],
        }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut text = String::new();
        for region in 0..4 {
            for kind in [Kind::Snapshot, Kind::Image, Kind::Disk, Kind::Instance, Kind::Share] {
                for number in 0..self.count(kind) {
                    let place = self.place(number);
                    if place.region == region {
                        self.line(kind, number, place).write(out, &mut text)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&self, kind: Kind) -> u64 {
        let [snapshots, images, disks, instances, shares] = self.counts;
        match kind {
            Kind::Snapshot => snapshots,
            Kind::Image => images,
            Kind::Disk => disks,
            Kind::Instance => instances,
            Kind::Share => shares,
        }
    }

    fn place(&self, number: u64) -> Place {
        Place { app: number % self.apps, region: number / self.apps % 4, rank: number / self.apps / 4 }
    }

    fn number(&self, place: Place, rank: u64) -> u64 {
        place.app + self.apps * (place.region + 4 * rank)
    }

    fn in_cell(&self, kind: Kind, place: Place) -> u64 {
        let first = self.number(place, 0);
        self.count(kind).checked_sub(first + 1).map_or(0, |rest| rest / (4 * self.apps) + 1)
    }

    fn cell(&self, place: Place) -> Cell {
        let [snapshots, images, disks, instances, shares] =
            [Kind::Snapshot, Kind::Image, Kind::Disk, Kind::Instance, Kind::Share]
                .map(|kind| self.in_cell(kind, place));
        let user_snapshots = snapshots * 2 / 5;
        let with_images = user_snapshots.min((images * 2).div_ceil(3));
        let first_with_disk = with_images.saturating_sub(1);
        Cell {
            images,
            disks,
            instances,
            user_snapshots,
            with_images,
            first_with_disk,
            with_disks: (user_snapshots - first_with_disk).min(disks.div_ceil(3)),
            // Every other instance was booted from an image of the account.
            booted_images: images.min((instances / 2).div_ceil(3)),
            shared_images: images.min((shares * 2).div_ceil(3)),
        }
    }

    fn dice(&self, kind: Kind, number: u64) -> Dice {
        Dice::of(self.seed, kind.sort(), number)
    }

    fn id(&self, kind: Kind, place: Place, number: u64) -> String {
        id(self.seed, kind, region_of(place), number)
    }

    fn line(&self, kind: Kind, number: u64, place: Place) -> Line {
        let mut dice = self.dice(kind, number);
        let mut line = Line::plain(region_of(place), kind, String::new(), String::new());
        let env = ENVS[index(dice.below(4))];
        let app = place.app * place.app / self.apps;
        let stem = self.describe(&mut line, number, place, &mut dice);
        line.created_at = Some(ago(self.age(kind, number, place)));
        line.name = name(stem, app, env, &mut dice);
        line.tags = Some(tags(app, env, &mut dice));
        self.forget(&mut line, place, &mut dice);
        line
    }

    /// What is particular to a kind; gives the stem of the name.
    fn describe(&self, line: &mut Line, number: u64, place: Place, dice: &mut Dice) -> &'static str {
        let cell = self.cell(place);
        let rank = place.rank;
        line.id = self.id(line.kind, place, number);
        line.size_bytes = (20 << dice.below(6)) << 30;
        let mut links = Vec::new();
        let mut attrs = String::new();
        let stem = match line.kind {
            Kind::Snapshot => {
                line.state = Some(["progressing", "failed", "failed", "accomplished"][index(dice.below(400).min(3))]);
                if dice.permille(2) == Chance::Hit {
                    attrs.push_str(r#""lock_status":"locked","locked_until":"2027-11-21T00:00:00Z","#);
                }
                let sort = if rank < cell.user_snapshots { "user" } else { "auto" };
                let usage = cell.usage(rank);
                push(&mut attrs, format_args!(r#""snapshot_type":"{sort}""#));
                if let Some(usage) = usage {
                    push(&mut attrs, format_args!(r#","usage":"{usage}""#));
                }
                // Of every fourth automatic one it is known which disk it was taken of; a third of those are gone.
                if sort == "auto" && rank.is_multiple_of(4) {
                    let disk = self.number(place, dice.below((cell.disks + cell.disks / 2).max(1)));
                    links.push(("source", Kind::Disk, self.id(Kind::Disk, place, disk)));
                }
                match (sort, usage) {
                    ("auto", _) => "nightly",
                    (_, None) => ["manual", "release-tmp"][index(dice.below(2))],
                    _ => ["build-tmp", "build"][index(dice.below(12).min(1))],
                }
            }
            Kind::Image => {
                line.state =
                    Some(["Creating", "UnAvailable", "CreateFailed", "Available"][index(dice.below(200).min(3))]);
                if rank < cell.booted_images {
                    attrs.push_str(r#""usage":"instance""#);
                }
                if let Some(snapshot) = self.source_of_image(number, place, &cell) {
                    let snapshot = self.number(place, snapshot);
                    links.push(("created-from", Kind::Snapshot, self.id(Kind::Snapshot, place, snapshot)));
                }
                "web-image"
            }
            Kind::Disk => {
                // Every third is a copy of a snapshot; about one in six hangs on no instance.
                let system = rank.is_multiple_of(2);
                if cell.instances > 0 && rank % 5 != 4 {
                    let instance = self.number(place, rank % cell.instances);
                    links.push(("attached-to", Kind::Instance, self.id(Kind::Instance, place, instance)));
                    line.state = Some("In_use");
                }
                if rank.is_multiple_of(3) && cell.with_disks > 0 {
                    let snapshot = self.number(place, cell.first_with_disk + rank / 3 % cell.with_disks);
                    links.push(("created-from", Kind::Snapshot, self.id(Kind::Snapshot, place, snapshot)));
                }
                let with_instance = system || dice.below(4) == 0;
                let auto_snapshots = dice.below(5) == 0;
                push(
                    &mut attrs,
                    format_args!(r#""delete_auto_snapshot":{auto_snapshots},"delete_with_instance":{with_instance}"#),
                );
                if system && line.state == Some("In_use") {
                    attrs.push_str(r#","disk_type":"system""#);
                }
                "data-disk"
            }
            Kind::Instance => {
                line.size_bytes = 0;
                line.state = Some(if dice.below(6) == 0 { "Stopped" } else { "Running" });
                let protection = dice.below(4) == 0;
                push(&mut attrs, format_args!(r#""deletion_protection":{protection}"#));
                if dice.below(5) == 0 {
                    attrs.push_str(r#","instance_charge_type":"PrePaid""#);
                }
                // Half are of an image of the account, most others of a public one, some of one long gone.
                if rank % 2 == 1 && cell.booted_images > 0 {
                    let image = self.number(place, rank / 2 % cell.booted_images);
                    links.push(("booted-from", Kind::Image, self.id(Kind::Image, place, image)));
                } else if dice.below(4) > 0 {
                    let image = PUBLIC_IMAGES[index(dice.below(PUBLIC_IMAGES.len() as u64))];
                    links.push(("booted-from", Kind::Image, image.to_owned()));
                }
                "web-server"
            }
            Kind::Share => {
                line.size_bytes = 0;
                let image = if cell.shared_images > 0 {
                    self.number(place, cell.images - 1 - rank % cell.shared_images)
                } else {
                    self.counts[1] + number
                };
                let image = self.id(Kind::Image, place, image);
                let account =
                    1_000_000_000_000_000 + mix(number ^ self.seed) % 1_000_000_000 * 1_000_000 + number % 1_000_000;
                line.id = format!("{image}/{account}");
                attrs.push_str(r#""share_type":"account""#);
                links.push(("grants", Kind::Image, image));
                "web-image"
            }
        };
        line.attrs = Some(attrs);
        line.links = Some(links);
        stem
    }

    /// The rank of the snapshot that an image was made from. The first images give every snapshot that has any its
    /// first; an eighth of the rest are made from the very first.
    fn source_of_image(&self, number: u64, place: Place, cell: &Cell) -> Option<u64> {
        let first_of_all = self.dice(Kind::Image, !number).below(8) == 0;
        (cell.with_images > 0)
            .then(|| if place.rank >= cell.with_images && first_of_all { 0 } else { place.rank % cell.with_images })
    }

    /// An image is a day younger than its snapshot at most, a share younger than its image.
    fn age(&self, kind: Kind, number: u64, place: Place) -> u64 {
        let own = mix(self.seed ^ mix(number ^ (kind.sort() << 60)));
        let cell = self.cell(place);
        match kind {
            Kind::Snapshot | Kind::Disk | Kind::Instance => 86_400 + own % OLDEST,
            Kind::Image => match self.source_of_image(number, place, &cell) {
                None => 3_600 + own % OLDEST,
                Some(rank) => {
                    let snapshot = self.number(place, rank);
                    self.age(Kind::Snapshot, snapshot, self.place(snapshot)) - own % 86_400
                }
            },
            Kind::Share if cell.shared_images > 0 => {
                let image = self.number(place, cell.images - 1 - place.rank % cell.shared_images);
                own % (self.age(Kind::Image, image, self.place(image)) + 1)
            }
            Kind::Share => own % OLDEST,
        }
    }

    /// Makes facts unknown. Unknown links in one region only: there they leave their whole kind unlisted.
    fn forget(&self, line: &mut Line, place: Place, dice: &mut Dice) {
        let mut forgotten = || self.unknown_permille > 0 && dice.permille(self.unknown_permille) == Chance::Hit;
        if forgotten() {
            line.state = None;
        }
        if forgotten() {
            line.created_at = None;
        }
        if forgotten() {
            line.tags = None;
        }
        if forgotten() {
            line.attrs = None;
        }
        if forgotten() && place.region == 3 {
            line.links = None;
        }
    }
}

impl Cell {
    /// What a snapshot is used for, by its rank.
    fn usage(&self, rank: u64) -> Option<&'static str> {
        let with_image = rank < self.with_images;
        let with_disk = (self.first_with_disk..self.first_with_disk + self.with_disks).contains(&rank);
        match (with_image, with_disk) {
            (true, true) => Some("image_disk"),
            (true, false) => Some("image"),
            (false, true) => Some("disk"),
            (false, false) => None,
        }
    }
}

fn region_of(place: Place) -> super::line::Region {
    REGIONS[index(place.region)]
}

fn index(small: u64) -> usize {
    usize::try_from(small).expect("a number below a few hundred is an index")
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string takes what is written to it");
}

/// 40 bytes.
fn name(stem: &str, app: u64, env: &str, dice: &mut Dice) -> String {
    let mut name = String::with_capacity(40);
    if dice.permille(10) == Chance::Hit {
        name.push_str("golden-");
    }
    push(&mut name, format_args!("{stem}-{app:04}-{env}-"));
    while name.len() < 40 {
        let missing = 40 - name.len();
        push_digits(&mut name, dice.next(), missing.min(12));
    }
    name
}

/// Three tags, of which four resources in a hundred lack one; one in two hundred has a fourth. An app mostly implies
/// its team.
fn tags(app: u64, env: &str, dice: &mut Dice) -> Vec<(&'static str, String)> {
    let team = if dice.permille(30) == Chance::Hit { dice.below(TEAMS) } else { mix(app) % TEAMS };
    let mut tags = vec![
        ("app", format!("a{app:04}")),
        ("env", env.to_owned()),
        ("keep", "true".to_owned()),
        ("team", format!("t{team:02}")),
    ];
    if dice.permille(5) == Chance::Miss {
        tags.remove(2);
    }
    if dice.permille(40) == Chance::Hit {
        tags.remove(index(dice.below(tags.len() as u64)));
    }
    tags
}
