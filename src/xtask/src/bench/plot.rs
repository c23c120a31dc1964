//! Pictures of results, as SVG.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::measurement::{Plot, Row, Summary, Target};

/// The colours of lines.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0x1f, 0x5f, 0xbf),
    RGBColor(0xb8, 0x4a, 0x0e),
    RGBColor(0x1b, 0x7f, 0x4b),
    RGBColor(0x7a, 0x3d, 0x9a),
    RGBColor(0x5f, 0x66, 0x70),
];
const TARGET: RGBColor = RGBColor(0xc0, 0x1c, 0x28);
const WIDTH: u32 = 860;
/// The height of a row in pixels, and that of what is around all rows.
const ROW: u32 = 44;
const AROUND: u32 = 90;

/// Draws each run of each row as a point, and the targets as lines: ratios on a logarithmic axis. Rows without another side
/// are left out; `None` when there are no others.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn ratios(rows: &[Row]) -> Result<Option<String>> {
    let rows: Vec<_> = rows.iter().filter(|row| !row.is_of_values()).collect();
    let limits = |row: &Row| match row.target {
        Some(Target::RatioAtLeast(limit) | Target::RatioAtMost(limit)) => vec![limit],
        _ => Vec::new(),
    };
    let all: Vec<f64> = rows.iter().flat_map(|row| [row.judged(), limits(row), vec![1.0]].concat()).collect();
    let ends = Summary::of(&all);
    if rows.is_empty() || !ends.least.is_finite() || ends.least <= 0.0 || !ends.most.is_finite() {
        return Ok(None);
    }
    let height = ROW * u32::try_from(rows.len())? + AROUND;
    let mut svg = String::new();
    let draw = |svg: &mut String| {
        let area = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let across = (ends.least / 1.3..ends.most * 1.3).log_scale();
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(40)
            .build_cartesian_2d(across, 0.0..f64::from(count))?;
        chart.configure_mesh().disable_y_mesh().disable_y_axis().x_desc("ours divided by theirs").draw()?;
        for (place, row) in (0_i32..).zip(&rows) {
            let line = f64::from(count - place) - 0.7;
            let label = (ends.least / 1.25, line + 0.5);
            chart.draw_series([Text::new(
                format!("{}, against {}", row.what, row.against),
                label,
                ("sans-serif", 14),
            )])?;
            let points =
                row.judged().into_iter().map(|ratio| Circle::new((ratio, line), 4, COLOURS[0].filled()));
            chart.draw_series(points)?;
            let targets = limits(row).into_iter();
            chart.draw_series(targets.map(|limit| {
                PathElement::new(vec![(limit, line - 0.25), (limit, line + 0.25)], TARGET.stroke_width(3))
            }))?;
        }
        area.present()
    };
    draw(&mut svg).map_err(|error| anyhow!("the ratios could not be drawn: {error}"))?;
    Ok(Some(svg))
}

/// Draws the lines of a plot on two logarithmic axes.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn lines(plot: &Plot) -> Result<String> {
    let points: Vec<_> = plot.lines.iter().flat_map(|(_, points)| points.iter().copied()).collect();
    let sizes = Summary::of(&points.iter().map(|point| point.0).collect::<Vec<_>>());
    let values = Summary::of(&points.iter().map(|point| point.1).collect::<Vec<_>>());
    let mut svg = String::new();
    let draw = |svg: &mut String| {
        let area = SVGBackend::with_string(svg, (WIDTH, 420)).into_drawing_area();
        area.fill(&WHITE)?;
        let across = (sizes.least..sizes.most).log_scale();
        let up = (values.least / 1.5..values.most * 1.5).log_scale();
        let mut chart = ChartBuilder::on(&area)
            .caption(&plot.title, ("sans-serif", 18))
            .margin(16)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(across, up)?;
        chart.configure_mesh().x_desc(&plot.size).y_desc(&plot.value).draw()?;
        for ((name, points), colour) in plot.lines.iter().zip(COLOURS.into_iter().cycle()) {
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .draw()?;
        area.present()
    };
    draw(&mut svg).map_err(|error| anyhow!("{} could not be drawn: {error}", plot.title))?;
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_and_lines_are_drawn() {
        let row = Row {
            what: "reads <1>".to_owned(),
            unit: "1/s".to_owned(),
            ours: vec![3.0, 4.0],
            against: "a peer".to_owned(),
            theirs: vec![1.0, 2.0],
            target: Some(Target::RatioAtLeast(2.5)),
        };
        let alone = Row { theirs: Vec::new(), ..row.clone() };
        let svg = ratios(&[row, alone.clone()]).unwrap().unwrap();
        assert!(svg.contains("reads &lt;1&gt;, against a peer"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert_eq!(ratios(&[alone]).unwrap(), None);
        let plot = Plot {
            title: "Growth".to_owned(),
            size: "users".to_owned(),
            value: "ms".to_owned(),
            lines: vec![("read".to_owned(), vec![(1_000.0, 0.5), (1_000_000.0, 0.6)])],
        };
        assert!(lines(&plot).unwrap().contains("Growth"));
    }
}
