//! The table that the bench prints, a row at a time.

use crate::race::{least, median};

#[derive(Clone, Copy)]
pub(crate) enum Limit {
    None,
    AtMost(f64),
    AtLeast(f64),
    Milliseconds(f64),
    Megabytes(f64),
}

/// One line of the table: case, contestant, four times in milliseconds, ratio to the floor, limit, verdict.
pub(crate) struct Row([String; 9]);

impl Row {
    pub(crate) fn new(case: &str, who: &str) -> Self {
        let mut cells = [const { String::new() }; 9];
        case.clone_into(&mut cells[0]);
        who.clone_into(&mut cells[1]);
        Row(cells)
    }

    pub(crate) fn head() -> Self {
        let names = ["case", "who", "median ms", "min ms", "max ms", "overhead", "of floor", "limit", ""];
        Row(names.map(str::to_owned))
    }

    pub(crate) fn times(mut self, times: &[f64]) -> Self {
        let most = times.iter().copied().fold(0.0, f64::max);
        for (cell, time) in self.0[2..5].iter_mut().zip([median(times.to_vec()), least(times), most]) {
            *cell = format!("{:.3}", time * 1e3);
        }
        self
    }

    pub(crate) fn over(mut self, seconds: f64) -> Self {
        self.0[5] = format!("{:+.3}", seconds * 1e3);
        self
    }

    pub(crate) fn ratio(mut self, ratio: f64) -> Self {
        self.0[6] = format!("{ratio:.2}");
        self
    }

    pub(crate) fn limit(mut self, limit: Limit, value: f64) -> Self {
        let (text, ok) = match limit {
            Limit::None => return self,
            Limit::AtMost(most) => (format!("<= {most:.2}"), value <= most),
            Limit::AtLeast(least) => (format!(">= {least:.2}"), value >= least),
            Limit::Milliseconds(most) => (format!("<= +{most:.0} ms"), value <= most),
            Limit::Megabytes(most) => (format!("{value:.1} <= {most:.0} MB"), value <= most),
        };
        self.0[7] = text;
        self.0[8].push_str(if ok { "ok" } else { "over" });
        self
    }

    pub(crate) fn print(&self) {
        let [case, who, median, least, most, over, ratio, limit, verdict] = &self.0;
        let line = format!(
            "{case:<23} {who:<16} {median:>9} {least:>9} {most:>9} {over:>9} {ratio:>8}  {limit:<13} {verdict}"
        );
        println!("{}", line.trim_end());
    }
}
