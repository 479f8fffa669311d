//! The net: a gated recurrent unit with a linear layer on top, forwards and backwards, written out.
//!
//! Per step, with x the input, h the state, σ the logistic function and ∘ the product by elements:
//!
//! ```text
//! z = σ(Wz·x + bz + Uz·h)      how much of the state is kept
//! r = σ(Wr·x + br + Ur·h)      how much of the state the candidate sees
//! n = tanh(Wn·x + bn + r ∘ (Un·h + c))
//! h ← (1 − z) ∘ n + z ∘ h
//! out = V·h + d
//! ```
//!
//! All parameters lie in one vector: training, storing and checking the gradient need to know no more of them.

use super::dice::Dice;
use super::features::{BUCKETS, HOURS, PLACES, PLAIN, Step};

/// Size of the state.
pub(super) const H: usize = 32;
/// Size of a place's embedding.
const D: usize = 4;
const I: usize = PLAIN + D;
/// Mean and spread of amount and gap, hours, kinds of places.
pub(super) const OUT: usize = 4 + HOURS + PLACES;

const E_AT: usize = 0;
const W_AT: usize = E_AT + BUCKETS * D;
const B_AT: usize = W_AT + 3 * H * I;
const U_AT: usize = B_AT + 3 * H;
const C_AT: usize = U_AT + 3 * H * H;
const V_AT: usize = C_AT + H;
const D_AT: usize = V_AT + OUT * H;
/// How many parameters there are.
pub(super) const PARAMETERS: usize = D_AT + OUT;

/// What backpropagation has to know of a step.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    bucket: usize,
    x: [f64; I],
    before: [f64; H],
    z: [f64; H],
    r: [f64; H],
    n: [f64; H],
    /// Un·h + c
    seen: [f64; H],
    after: [f64; H],
    pub out: [f64; OUT],
}

/// Random parameters to begin with: small, and none at all in the last layer, so that an untrained net adds nothing to
/// the plain statistics.
pub(super) fn fresh(dice: &mut Dice) -> Vec<f64> {
    let mut parameters = vec![0.0; PARAMETERS];
    let scale = 1.0 / (H as f64).sqrt();
    for parameter in &mut parameters[..B_AT] {
        *parameter = dice.between(-scale, scale);
    }
    for parameter in &mut parameters[U_AT..C_AT] {
        *parameter = dice.between(-scale, scale);
    }
    parameters
}

/// Runs the net over the steps of one driver, oldest first.
pub(super) fn forward(p: &[f64], steps: &[Step]) -> Vec<Cell> {
    let mut state = [0.0; H];
    let mut cells = Vec::with_capacity(steps.len());
    for step in steps {
        let mut x = [0.0; I];
        x[..PLAIN].copy_from_slice(&step.plain);
        x[PLAIN..].copy_from_slice(&p[E_AT + step.bucket * D..][..D]);
        let mut input = [0.0; 3 * H];
        input.copy_from_slice(&p[B_AT..U_AT]);
        multiply(&p[W_AT..B_AT], &x, &mut input);
        let mut recurrent = [0.0; 3 * H];
        recurrent[2 * H..].copy_from_slice(&p[C_AT..V_AT]);
        multiply(&p[U_AT..C_AT], &state, &mut recurrent);
        let before = state;
        let (mut z, mut r, mut n, mut seen) = ([0.0; H], [0.0; H], [0.0; H], [0.0; H]);
        for k in 0..H {
            z[k] = logistic(input[k] + recurrent[k]);
            r[k] = logistic(input[H + k] + recurrent[H + k]);
            seen[k] = recurrent[2 * H + k];
            n[k] = (input[2 * H + k] + r[k] * seen[k]).tanh();
            state[k] = (1.0 - z[k]) * n[k] + z[k] * before[k];
        }
        let mut out = [0.0; OUT];
        out.copy_from_slice(&p[D_AT..]);
        multiply(&p[V_AT..D_AT], &state, &mut out);
        cells.push(Cell { bucket: step.bucket, x, before, z, r, n, seen, after: state, out });
    }
    cells
}

/// Adds to `gradient` what the loss changes with each parameter, given what it changes with each output: backpropagation
/// through time.
pub(super) fn backward(p: &[f64], cells: &[Cell], d_outs: &[[f64; OUT]], gradient: &mut [f64]) {
    let mut d_state = [0.0; H];
    for (cell, d_out) in cells.iter().zip(d_outs).rev() {
        add(&mut gradient[D_AT..], d_out);
        outer(&mut gradient[V_AT..D_AT], d_out, &cell.after);
        multiply_back(&p[V_AT..D_AT], d_out, &mut d_state);
        // Of the three gates before their functions, for the input's and for the state's matrices.
        let (mut d_input, mut d_recurrent, mut d_before) = ([0.0; 3 * H], [0.0; 3 * H], [0.0; H]);
        for k in 0..H {
            let (z, r, n) = (cell.z[k], cell.r[k], cell.n[k]);
            let d_n = d_state[k] * (1.0 - z) * (1.0 - n * n);
            let d_z = d_state[k] * (cell.before[k] - n) * z * (1.0 - z);
            let d_r = d_n * cell.seen[k] * r * (1.0 - r);
            d_before[k] = d_state[k] * z;
            (d_input[k], d_input[H + k], d_input[2 * H + k]) = (d_z, d_r, d_n);
            (d_recurrent[k], d_recurrent[H + k], d_recurrent[2 * H + k]) = (d_z, d_r, d_n * r);
        }
        add(&mut gradient[B_AT..U_AT], &d_input);
        outer(&mut gradient[W_AT..B_AT], &d_input, &cell.x);
        add(&mut gradient[C_AT..V_AT], &d_recurrent[2 * H..]);
        outer(&mut gradient[U_AT..C_AT], &d_recurrent, &cell.before);
        let mut d_x = [0.0; I];
        multiply_back(&p[W_AT..B_AT], &d_input, &mut d_x);
        add(&mut gradient[E_AT + cell.bucket * D..][..D], &d_x[PLAIN..]);
        multiply_back(&p[U_AT..C_AT], &d_recurrent, &mut d_before);
        d_state = d_before;
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// out += matrix · x
fn multiply(matrix: &[f64], x: &[f64], out: &mut [f64]) {
    for (row, out) in matrix.chunks_exact(x.len()).zip(out) {
        *out += row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    }
}

/// d_x += matrixᵀ · d_out
fn multiply_back(matrix: &[f64], d_out: &[f64], d_x: &mut [f64]) {
    for (row, d_out) in matrix.chunks_exact(d_x.len()).zip(d_out) {
        row.iter().zip(d_x.iter_mut()).for_each(|(w, d)| *d += w * d_out);
    }
}

/// gradient of the matrix += d_out · xᵀ
fn outer(gradient: &mut [f64], d_out: &[f64], x: &[f64]) {
    for (row, d_out) in gradient.chunks_exact_mut(x.len()).zip(d_out) {
        row.iter_mut().zip(x).for_each(|(g, x)| *g += d_out * x);
    }
}

fn add(sum: &mut [f64], more: &[f64]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
