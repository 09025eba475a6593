//! Noise and schedules against torch, BFL, diffusers and ComfyUI.

use serde::Deserialize;
use wirebrush_golden_tests::{Expected, data};
use wirebrush_kontext::sampling::{Schedule, Shift, normal};

#[derive(Deserialize)]
struct Noise {
    cases: Vec<NoiseCase>,
}

#[derive(Deserialize)]
struct NoiseCase {
    seed: u64,
    n: usize,
    element: f64,
    sum: f64,
    expected: Expected,
}

#[derive(Deserialize)]
struct Schedules {
    cases: Vec<ScheduleCase>,
    mu: Vec<(usize, f64)>,
}

#[derive(Deserialize)]
struct ScheduleCase {
    scheduler: String,
    steps: usize,
    tokens: usize,
    first: Vec<f64>,
    last: Vec<f64>,
    tolerance: f64,
}

#[test]
fn noise_agrees_with_the_cpu_generator() {
    for case in data::<Noise>(include_str!("../data/noise.json")).cases {
        let name = format!("seed {}, {} values", case.seed, case.n);
        case.expected.check(&name, &normal(case.seed, case.n), case.element, case.sum);
    }
}

#[test]
fn seeds_count_modulo_two_to_the_32() {
    assert_eq!(normal(5, 40), normal((1 << 32) + 5, 40));
    assert_eq!(normal(u64::MAX, 7), normal(u64::from(u32::MAX), 7));
    assert_ne!(normal(5, 40), normal(6, 40));
}

#[test]
fn schedules_agree() {
    for case in data::<Schedules>(include_str!("../data/schedules.json")).cases {
        let scheduler = case.scheduler.parse().unwrap();
        let found = Schedule::default().sigmas(scheduler, case.steps, case.tokens, Shift::Auto, 1.0).unwrap();
        assert_eq!(found.len(), case.steps + 1);
        let pairs = case.first.iter().zip(&found).chain(case.last.iter().rev().zip(found.iter().rev()));
        let worst = pairs.map(|(e, f)| (e - f).abs()).fold(0.0, f64::max);
        println!("{} {}: within {worst:.1e}", case.scheduler, case.steps);
        assert!(worst <= case.tolerance, "{} {}: differs by {worst:e}", case.scheduler, case.steps);
    }
}

#[test]
fn shift_of_the_preferred_sizes_agrees() {
    for (tokens, mu) in data::<Schedules>(include_str!("../data/schedules.json")).mu {
        let found = Schedule::default().mu(tokens);
        assert!((found - mu).abs() < 1e-10, "{tokens} tokens: {found}, expected {mu}");
    }
}

#[test]
fn denoise_keeps_the_end_of_a_longer_schedule() {
    let schedule = Schedule::default();
    let long = schedule.sigmas(Default::default(), 20, 4096, Shift::Auto, 1.0).unwrap();
    let part = schedule.sigmas(Default::default(), 10, 4096, Shift::Auto, 0.5).unwrap();
    assert_eq!(part, long[10..]);
}

#[test]
fn fixed_shift_and_static_shift_agree_with_their_formulas() {
    let json = r#"{"shift": 3.0, "use_dynamic_shifting": false}"#;
    let found =
        Schedule::from_json(json).unwrap().sigmas(Default::default(), 2, 99, Shift::Auto, 1.0).unwrap();
    // 3·σ/(1 + 2·σ) at σ = 1/2.
    assert!((found[1] - 0.75).abs() < 1e-12);
    let found = Schedule::default().sigmas(Default::default(), 2, 99, Shift::Mu(0.0), 1.0).unwrap();
    assert_eq!(found, [1.0, 0.5, 0.0]);
}
