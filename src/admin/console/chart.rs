//! Charts, drawn on the server as SVG by `plotters`. Small enough for a phone, coloured by the console's style sheet (light
//! and dark), without fonts, styles or scripts of their own. Beside each chart its numbers are a table.
//!
//! `plotters` writes colours into the picture; each of ours stands for a class, which takes its place.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Units of the picture, which scales to its place; a phone shows about three quarters of it.
const WIDTH: u32 = 400;
const HEIGHT: u32 = 210;
const ROW: u32 = 22;
/// Room for a row's label and for its number.
const ROW_LABEL: i32 = 128;
const ROW_NUMBER: i32 = 66;
const LABEL_AREA: u32 = 58;
/// `plotters` divides by 1.24.
const TEXT: f64 = 16.5;
const INK: RGBColor = RGBColor(1, 0, 0);
const GRID: RGBColor = RGBColor(2, 0, 0);
/// More series than the style sheet knows colours for begin again.
const SERIES_MAX: u8 = 5;

/// What is shown: one value of each series for each label, none where nothing was measured.
pub(super) struct Chart {
    /// What it shows, for those who do not see it.
    pub(super) title: String,
    /// From left to right, or from top to bottom.
    pub(super) labels: Vec<String>,
    /// Stacked from the bottom, or drawn beside each other.
    pub(super) series: Vec<Series>,
    /// A number in words.
    pub(super) say: fn(f64) -> String,
    /// Instead of an empty chart.
    pub(super) nothing: &'static str,
}

/// The values of one colour.
pub(super) struct Series {
    /// Of the legend and the table.
    pub(super) name: String,
    /// Zero or more, one for each label.
    pub(super) values: Vec<Option<f64>>,
}

type Drawn = Result<(), Box<dyn std::error::Error>>;
type Ground<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Chart {
    /// A column for each label, the series on top of each other.
    pub(super) fn columns(&self) -> Markup {
        self.picture(HEIGHT, |root| self.draw_columns(root))
    }

    /// A line for each series; what was not measured interrupts it.
    pub(super) fn lines(&self) -> Markup {
        self.picture(HEIGHT, |root| self.draw_lines(root))
    }

    /// A bar for each label, from top to bottom, with its number. Of the first series.
    pub(super) fn rows(&self) -> Markup {
        let rows = u32::try_from(self.labels.len()).unwrap_or_default();
        self.picture(ROW.saturating_mul(rows.max(1)), |root| self.draw_rows(root))
    }

    /// The same numbers as a table; its first column is headed `head`. Labels without a number are left out.
    pub(super) fn table(&self, head: &str) -> Markup {
        let value = |series: &Series, at: usize| series.values.get(at).copied().flatten();
        let told = |at: &usize| self.series.iter().any(|series| value(series, *at).is_some_and(|value| value > 0.0));
        html! {
            table {
                caption.unseen { (self.title) }
                thead { tr { th scope="col" { (head) } @for series in &self.series { th scope="col" { (series.name) } } } }
                tbody {
                    @for (at, label) in self.labels.iter().enumerate().filter(|(at, _)| told(at)) {
                        tr {
                            th scope="row" { (label) }
                            @for series in &self.series { td { (value(series, at).map_or_else(|| "–".to_owned(), self.say)) } }
                        }
                    }
                }
            }
        }
    }

    /// Which colour is which.
    pub(super) fn legend(&self) -> Markup {
        html! {
            ul.legend {
                @for (at, series) in self.series.iter().enumerate() {
                    li { span class=(format!("key key-{}", class(at))) aria-hidden="true" {} (series.name) }
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        !self.series.iter().flat_map(|series| &series.values).any(|value| value.is_some_and(|value| value > 0.0))
    }

    fn picture(&self, height: u32, draw: impl FnOnce(&Ground<'_>) -> Drawn) -> Markup {
        if self.is_empty() {
            return html! { p.quiet { (self.nothing) } };
        }
        let mut svg = String::new();
        let drawn = {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            draw(&root).and_then(|()| Ok(root.present()?))
        };
        if drawn.is_err() {
            return html! { p.quiet { "The chart could not be drawn; its numbers are in the table." } };
        }
        let inner = svg.split_once('>').map_or("", |(_, inner)| inner).trim_end().trim_end_matches("</svg>");
        html! {
            svg.chart role="img" aria-label=(self.title) viewBox=(format!("0 0 {WIDTH} {height}")) xmlns="http://www.w3.org/2000/svg" {
                (PreEscaped(classed(inner)))
            }
        }
    }

    /// The axes' words and grid; gives where values and columns are. `width` is that of all columns.
    fn draw_columns(&self, root: &Ground<'_>) -> Drawn {
        let sums: Vec<f64> =
            (0..self.labels.len()).map(|at| self.values_at(at).map(|(_, value)| value).sum()).collect();
        let width = number(self.labels.len());
        let mut chart = ChartBuilder::on(root)
            .margin_top(10)
            .margin_bottom(24)
            .margin_right(16)
            .y_label_area_size(LABEL_AREA)
            .build_cartesian_2d(0.0..width.max(1.0), 0.0..roof(&sums))?;
        self.axis(&mut chart)?;
        for (at, label) in self.spaced_labels() {
            let place = chart.backend_coord(&(number(at) + 0.5, 0.0));
            write(root, label, (place.0, place.1 + 6), HPos::Center, VPos::Top)?;
        }
        for at in 0..self.labels.len() {
            let mut floor = 0.0;
            for (series, value) in self.values_at(at).filter(|(_, value)| *value > 0.0) {
                let bar = [(number(at) + 0.1, floor), (number(at) + 0.9, floor + value)];
                chart.plotting_area().draw(&Rectangle::new(bar, colour(series).filled()))?;
                floor += value;
            }
        }
        Ok(())
    }

    fn draw_lines(&self, root: &Ground<'_>) -> Drawn {
        let all: Vec<f64> = self.series.iter().flat_map(|series| series.values.iter().copied().flatten()).collect();
        let last = number(self.labels.len().saturating_sub(1));
        let mut chart = ChartBuilder::on(root)
            .margin_top(10)
            .margin_bottom(24)
            .margin_right(22)
            .y_label_area_size(LABEL_AREA)
            .build_cartesian_2d(0.0..last.max(1.0), 0.0..roof(&all))?;
        self.axis(&mut chart)?;
        for (at, label) in self.spaced_labels() {
            let place = chart.backend_coord(&(number(at), 0.0));
            write(root, label, (place.0, place.1 + 6), HPos::Center, VPos::Top)?;
        }
        for (series, values) in self.series.iter().enumerate() {
            let points: Vec<Option<(f64, f64)>> =
                values.values.iter().enumerate().map(|(at, value)| value.map(|value| (number(at), value))).collect();
            for run in points.split(Option::is_none) {
                let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
                match run.as_slice() {
                    [] => {}
                    [alone] => {
                        chart.plotting_area().draw(&Circle::new(*alone, 3, colour(series).filled()))?;
                    }
                    _ => chart.plotting_area().draw(&PathElement::new(run, colour(series).stroke_width(2)))?,
                }
            }
        }
        Ok(())
    }

    fn draw_rows(&self, root: &Ground<'_>) -> Drawn {
        let values: Vec<f64> = self
            .series
            .first()
            .into_iter()
            .flat_map(|series| &series.values)
            .map(|value| value.unwrap_or(0.0))
            .collect();
        let most = values.iter().copied().fold(1.0, f64::max);
        let row = i32::try_from(ROW)?;
        let all = i32::try_from(WIDTH)? - ROW_LABEL - ROW_NUMBER;
        for (at, (label, value)) in (0_i32..).zip(self.labels.iter().zip(values)) {
            let top = at * row;
            write(root, label, (ROW_LABEL - 8, top + row / 2), HPos::Right, VPos::Center)?;
            // Whole units of the picture: `plotters` knows no others.
            let long = (1..=all).take_while(|unit| f64::from(*unit) <= value / most * f64::from(all)).last();
            let long = long.unwrap_or(if value > 0.0 { 2 } else { 0 });
            if long > 0 {
                let bar = [(ROW_LABEL, top + 3), (ROW_LABEL + long, top + row - 3)];
                root.draw(&Rectangle::new(bar, colour(0).filled()))?;
            }
            write(root, &(self.say)(value), (ROW_LABEL + long + 6, top + row / 2), HPos::Left, VPos::Center)?;
        }
        Ok(())
    }

    fn axis(&self, chart: &mut Cartesian<'_, '_>) -> Drawn {
        let say = |value: &f64| (self.say)(*value);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .x_labels(0)
            .y_labels(4)
            .y_max_light_lines(0)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .set_tick_mark_size(LabelAreaPosition::Left, 5)
            .label_style(("sans-serif", TEXT).into_font().color(&INK))
            .y_label_formatter(&say)
            .draw()?;
        Ok(())
    }

    fn values_at(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let values = self.series.iter().map(move |series| series.values.get(at).copied().flatten().unwrap_or(0.0));
        values.enumerate()
    }

    /// As many labels as there is room for, the last among them.
    fn spaced_labels(&self) -> impl Iterator<Item = (usize, &String)> {
        let step = self.labels.len().div_ceil(5).max(1);
        self.labels.iter().enumerate().rev().step_by(step)
    }
}

type Cartesian<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn write(root: &Ground<'_>, words: &str, at: (i32, i32), h: HPos, v: VPos) -> Drawn {
    let style = ("sans-serif", TEXT).into_font().color(&INK).pos(Pos::new(h, v));
    root.draw(&Text::new(words.to_owned(), at, style))?;
    Ok(())
}

/// A little above the highest value; four at least, so that counts have whole steps.
fn roof(values: &[f64]) -> f64 {
    (values.iter().copied().fold(0.0, f64::max) * 1.08).max(4.0)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// 1 to [`SERIES_MAX`].
fn class(series: usize) -> u8 {
    u8::try_from(series % usize::from(SERIES_MAX)).unwrap_or_default() + 1
}

fn colour(series: usize) -> RGBColor {
    RGBColor(0, 0, class(series))
}

/// Classes instead of colours.
fn classed(svg: &str) -> String {
    let mut svg = svg.replace("fill=\"#010000\"", "class=\"ink\"").replace("stroke=\"#020000\"", "class=\"grid\"");
    for class in 1..=SERIES_MAX {
        svg = svg
            .replace(&format!("fill=\"#00000{class}\""), &format!("class=\"fill-{class}\""))
            .replace(&format!("stroke=\"#00000{class}\""), &format!("class=\"line-{class}\""));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[&[Option<f64>]]) -> Chart {
        let count = values.first().map_or(0, |values| values.len());
        Chart {
            title: "Of <b>\"acme\"</b> & co".to_owned(),
            labels: (0..count).map(|at| format!("<i>{at}</i>")).collect(),
            series: values.iter().map(|v| Series { name: "<script>".to_owned(), values: v.to_vec() }).collect(),
            say: |value| format!("{value:.0}"),
            nothing: "Nothing yet.",
        }
    }

    fn forms(chart: &Chart) -> [String; 3] {
        [chart.columns(), chart.lines(), chart.rows()].map(PreEscaped::into_string)
    }

    /// Every number of the named attributes.
    fn numbers(svg: &str, names: &[&str]) -> Vec<f64> {
        let mut numbers = Vec::new();
        for name in names {
            for part in svg.split(&format!(" {name}=\"")).skip(1) {
                let value = part.split('"').next().unwrap();
                numbers.extend(value.split([' ', ',']).filter(|n| !n.is_empty()).map(|n| n.parse::<f64>().unwrap()));
            }
        }
        numbers
    }

    #[test]
    fn the_same_numbers_draw_the_same_picture_inside_its_frame() {
        let steep: Vec<Option<f64>> = (0..24).map(|at| (at % 5 != 0).then_some(f64::from(at) * 12_345.0)).collect();
        for values in [&[&steep[..], &steep[..]][..], &[&[Some(1.0)]], &[&[Some(0.0), None, Some(1e9), Some(3.0)]]] {
            let chart = chart(values);
            assert_eq!(forms(&chart), forms(&chart));
            for svg in forms(&chart) {
                let view = numbers(&svg, &["viewBox"]);
                let (width, height) = (view[2], view[3]);
                let (xs, ys) = (numbers(&svg, &["x", "x1", "x2", "cx"]), numbers(&svg, &["y", "y1", "y2", "cy"]));
                assert!(xs.iter().all(|x| (0.0..=width).contains(x)), "{svg}");
                assert!(ys.iter().all(|y| (0.0..=height).contains(y)), "{svg}");
                for point in numbers(&svg, &["points"]).chunks(2) {
                    assert!((0.0..=width).contains(&point[0]) && (0.0..=height).contains(&point[1]), "{svg}");
                }
            }
        }
    }

    #[test]
    fn colours_are_classes_and_words_are_escaped() {
        let chart = chart(&[&[Some(3.0), Some(5.0), None, Some(2.0)], &[Some(1.0), Some(1.0), None, None]]);
        for svg in forms(&chart) {
            for inline in ["style=", "<script", "<b>", "<i>", "#0"] {
                assert!(!svg.contains(inline), "{inline}: {svg}");
            }
            assert!(svg.contains("role=\"img\"") && svg.contains("aria-label=\"Of &lt;b&gt;"), "{svg}");
            assert!(svg.contains("class=\"ink\""), "{svg}");
        }
        let [columns, lines, rows] = forms(&chart);
        assert!(columns.contains("fill-1") && columns.contains("fill-2") && rows.contains("fill-1"));
        assert!(lines.contains("line-1") && lines.contains("fill-1"), "one minute alone is a point: {lines}");
        let words = chart.legend().into_string() + &chart.table("Hour").into_string();
        assert!(words.contains("&lt;script&gt;") && !words.contains("<script"), "{words}");
    }

    #[test]
    fn nothing_is_said_in_words() {
        for svg in forms(&chart(&[&[None, Some(0.0)]])).into_iter().chain(forms(&chart(&[]))) {
            assert!(svg.contains("Nothing yet.") && !svg.contains("<svg"), "{svg}");
        }
    }
}
