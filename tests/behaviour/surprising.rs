//! Real failures in which the obvious answer was wrong: a test a case, named after it. `tests/fixtures/surprising.jsonl`
//! has why, a machine as the thread describes it, the log where `cases.jsonl` has none, and what is said: the name, the
//! verdict, and the recommended remedy's packages, commands and variables.

use serde_json::{Value, json};

use crate::systems::Machine;

const CASES: &str = include_str!("../fixtures/cases.jsonl");
const ROWS: &str = include_str!("../fixtures/surprising.jsonl");

fn row(rows: &str, id: &str) -> Value {
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.into_iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id} is in no row"))
}

#[track_caller]
fn check(id: &str) {
    let row_of_case = row(ROWS, id);
    let log =
        row_of_case["log"].as_str().map_or_else(|| row(CASES, id)["log"].as_str().unwrap().to_owned(), str::to_owned);
    let report = Machine::of(&row_of_case).explain(&log);
    let said: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let remedy = finding.remedies.first();
            json!({
                "missing": finding.missing.name,
                "verdict": finding.verdict,
                "packages": remedy.map_or(&[][..], |remedy| &remedy.packages),
                "commands": remedy.map_or(&[][..], |remedy| &remedy.commands),
                "env": remedy.map(|remedy| &remedy.env),
                "notes": finding.notes,
            })
        })
        .collect();
    let said = Value::from(said);
    assert_eq!(said, row_of_case["says"], "{}\n{log}", row_of_case["why"]);
}

macro_rules! cases {
    ($($id:ident)*) => {
        $(#[test]
        fn $id() {
            check(stringify!($id));
        })*

        /// Every row has its test.
        #[test]
        fn each_row_has_its_test() {
            let rows: Vec<Value> = ROWS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
            assert_eq!(ids, [$(stringify!($id)),*]);
        }
    };
}

cases! {
    c001 c009 c011 c015 c019 c021 c023 c025 c027 c029 c035 c037 c039 c041 c043 c047 c051 c053 c055 c059 c061 c065
    c067 c069 c071 c073 c075 c077 c079 c081 c083 c085 c087 c089 c091 c095 c097 c099 c101 c103 c105 c107 c109 c111
    c113 c115 c117 c119 c121 c123 c127 c129 c133 c135 c137 c139 c141 c143 c145 c147 c149 c151 c153 c155 c157 c159
    c161 c163 c165 c167 c171 c173 c175 c177 c179 c183 c185 c189 c191 c193 c195 c197 c199 c201 c207 c209 c211 c213
    c217 c219 c221 c225 c227 c231 c233 c235 c237 c239 c241 c245 c247 c249 c251 c253 c257 c261 c265 c267 c271 c273
    c275 c277 c279 c281 c283 c285 c287 c289 c291 c293 c295 c297 c299 c303 c309 c311 c315 c317 c321 c329 c331 c333
    c337 c339 c341 c345 c347 c351 c353 c355 c357 c359 c361 c363 c365 c369 c371 c373 c375 c379 c381 c383 c385 c387
    c389 c391
}
