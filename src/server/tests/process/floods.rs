//! Floods by strangers, with the memory of the program and the size of its files before, during and after.
//!
//! The figure `src/docs/floods.svg` is drawn from what this test measures when `UPDATE_FIGURE` is set.
//!
//! attacks: floods

use std::fs;
use std::path::Path;

use plotters::prelude::*;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::task::JoinSet;

use crate::{Server, work_dir};

/// How many requests are sent at the same time, and between two measurements.
const AT_ONCE: usize = 40;
const BETWEEN_MEASUREMENTS: usize = 200;

/// What the floods may add, in MB. A request that waits for its sign-in takes about 8 KB, and 1000 of a network wait.
const MORE_MEMORY: f64 = 32.0;
const MORE_ON_DISK: f64 = 16.0;

/// Resident memory and size of the database with its write-ahead log, in MB.
#[derive(Clone, Copy, Debug)]
struct Measurement {
    memory: f64,
    disk: f64,
}

impl Measurement {
    fn take(server: &Server, work_dir: &Path) -> Self {
        let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes: u32 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let size = |name: &str| {
            let bytes = fs::metadata(work_dir.join(name)).map_or(0, |file| file.len());
            f64::from(u32::try_from(bytes).unwrap()) / 1e6
        };
        Self {
            memory: f64::from(kibibytes) * 1024.0 / 1e6,
            disk: size("linked-accounts-demo.db") + size("linked-accounts-demo.db-wal"),
        }
    }
}

/// One kind of flood.
struct Flood {
    title: &'static str,
    requests: usize,
    request: fn(&Server, usize) -> reqwest::RequestBuilder,
    expected: &'static [StatusCode],
}

/// A body of many values that nobody reads, in `bytes` bytes.
fn values(bytes: usize) -> String {
    format!("[{}{{\"\":0}}]", "{\"\":0},".repeat(bytes / 7 - 1))
}

const FLOODS: [Flood; 3] = [
    Flood {
        title: "bodies of 1 MiB",
        requests: 1000,
        request: |server, number| {
            let path = ["/oauth/token", "/dbconnections/signup", "/u/login"][number % 3];
            let request = server.client.post(format!("{}{path}", server.base));
            request.header(CONTENT_TYPE, "application/json").body(values(1 << 20))
        },
        expected: &[StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE],
    },
    Flood {
        title: "bodies of 60 KiB",
        requests: 2000,
        request: |server, number| {
            let path = ["/oauth/token", "/oauth/par"][number % 2];
            let request = server.client.post(format!("{}{path}", server.base));
            let body =
                format!("{{\"grant_type\":\"nothing\",\"client_id\":\"nobody\",\"x\":{}}}", values(60 << 10));
            request.header(CONTENT_TYPE, "application/json").body(body)
        },
        expected: &[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST],
    },
    Flood {
        title: "authorization requests with a state of 2 KB",
        requests: 4000,
        request: |server, number| {
            let callback = format!("{}/callback", server.base);
            let state = format!("{number:02000}");
            let parameters = [
                ("response_type", "code"),
                ("client_id", "linked-accounts"),
                ("redirect_uri", &callback),
                ("scope", "openid"),
                ("state", &state),
                ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ("code_challenge_method", "S256"),
            ];
            let request = server.client.get(format!("{}/authorize", server.base)).query(&parameters);
            request.header(ACCEPT, "text/html")
        },
        expected: &[StatusCode::FOUND],
    },
];

/// Sends the requests from `first`, at most [`AT_ONCE`] at the same time.
async fn send(server: &Server, flood: &Flood, first: usize) {
    let mut numbers = first..(first + BETWEEN_MEASUREMENTS).min(flood.requests);
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(number) = numbers.next()
        {
            running.spawn((flood.request)(server, number).send());
        }
        let Some(response) = running.join_next().await else { break };
        // A connection whose request is refused before its body was read may end while the body is sent.
        if let Ok(response) = response.unwrap() {
            let status = response.status();
            assert!(flood.expected.contains(&status), "{status} to one of the {}", flood.title);
        }
    }
}

#[tokio::test]
async fn strangers_never_make_memory_or_files_grow_without_bound() {
    let work_dir = work_dir();
    // The first start makes the database and hashes the demo's passwords, which takes memory of its own.
    assert_eq!(Server::start(work_dir.path(), &["--log", "error"]).end_with("TERM"), Some(0));
    let server = Server::start(work_dir.path(), &["--log", "error"]);
    server.get("/authorize", &[]).await;
    let before = Measurement::take(&server, work_dir.path());
    let mut course = vec![before];
    let mut starts = Vec::new();
    for flood in &FLOODS {
        starts.push((course.len() - 1, flood));
        for first in (0..flood.requests).step_by(BETWEEN_MEASUREMENTS) {
            send(&server, flood, first).await;
            course.push(Measurement::take(&server, work_dir.path()));
        }
        let after = course[course.len() - 1];
        println!("{}: {before:.1?} before, {after:.1?} after {} requests", flood.title, flood.requests);
    }
    for (number, now) in course.iter().enumerate() {
        let requests = number * BETWEEN_MEASUREMENTS;
        assert!(
            now.memory < before.memory + MORE_MEMORY,
            "{now:?} after {requests} requests, {before:?} before"
        );
        assert!(
            now.disk < before.disk + MORE_ON_DISK,
            "{now:?} after {requests} requests, {before:?} before"
        );
    }
    // What the second half of the last flood sends takes the place of what the first half sent.
    let middle = course[course.len() - 1 - FLOODS[2].requests / BETWEEN_MEASUREMENTS / 2];
    assert!(course[course.len() - 1].disk < middle.disk + 1.0, "{course:?}");
    assert_eq!(server.get("/health", &[]).await.status(), StatusCode::OK);
    if std::env::var_os("UPDATE_FIGURE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/floods.svg");
        draw(&path, &course, &starts).unwrap();
    }
}

/// What a curve shows of a measurement.
type Quantity = fn(&Measurement) -> f64;

/// Draws two curves over the requests that were sent, one below the other.
fn draw(
    path: &Path,
    course: &[Measurement],
    starts: &[(usize, &Flood)],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::new(path, (900, 520)).into_drawing_area();
    area.fill(&WHITE)?;
    let panels = area.split_evenly((2, 1));
    let curves: [(&str, Quantity, RGBColor); 2] = [
        ("Resident memory (MB)", |measurement| measurement.memory, RGBColor(37, 99, 235)),
        ("Database and write-ahead log (MB)", |measurement| measurement.disk, RGBColor(180, 83, 9)),
    ];
    for (panel, (title, value, colour)) in panels.iter().zip(curves) {
        let top = course.iter().map(value).fold(0.0, f64::max) * 1.4;
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 16))
            .margin(14)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(0..(course.len() - 1) * BETWEEN_MEASUREMENTS, 0.0..top)?;
        chart
            .configure_mesh()
            .x_desc("requests sent")
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .draw()?;
        let points =
            course.iter().enumerate().map(|(number, now)| (number * BETWEEN_MEASUREMENTS, value(now)));
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
        for &(start, flood) in starts {
            let x = start * BETWEEN_MEASUREMENTS;
            chart.draw_series(LineSeries::new([(x, 0.0), (x, top)], BLACK.mix(0.35)))?;
            let label = format!("{} {}", flood.requests, flood.title);
            chart.draw_series([Text::new(label, (x + 80, top * 0.96), ("sans-serif", 12))])?;
        }
    }
    area.present()?;
    Ok(())
}
