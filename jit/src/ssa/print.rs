//! The text form of SSA, for dumps, goldens and bug reports. It is written only; MIR is what is read.
//!
//! Invariant: stable: equal functions give equal text.

use super::escape::LIST;
use super::{End, Exit, Func, Inst, Rep, StateVal, Val};
use crate::dump::Line;

/// The text of a function.
pub fn print(func: &Func) -> String {
    lines(func).into_iter().map(|line| line.text + "\n").collect()
}

/// The text of a function, with the MIR instruction of each line.
pub fn lines(func: &Func) -> Vec<Line> {
    let kind = if func.osr { "loop entry" } else { "function" };
    let mut out = vec![Line::plain(format!("{kind} params={}", func.params))];
    for block in func.block_ids() {
        let data = &func[block];
        if data.insts.is_empty() && data.end == End::Return(Val(u32::MAX)) {
            continue;
        }
        let params: Vec<String> = data.params.iter().map(|&it| typed(func, it)).collect();
        let place = data.in_loop.map_or(String::new(), |it| format!(" in loop{it}"));
        let cold = if data.cold { " cold" } else { "" };
        out.push(Line::plain(format!("block{}({}):{place}{cold}", block.0, params.join(", "))));
        let inst_line = |inst: &Inst| Line::of(Some(inst.at), format!("    {}", inst_text(func, inst)));
        out.extend(data.insts.iter().map(inst_line));
        out.push(Line::plain(format!("    {}", end_text(func, &data.end))));
    }
    out
}

fn typed(func: &Func, val: Val) -> String {
    format!("v{}:{}", val.0, rep_name(func.rep(val)))
}

fn rep_name(rep: Rep) -> &'static str {
    match rep {
        Rep::Boxed => "any",
        Rep::F64 => "f64",
        Rep::Int => "int",
        Rep::Bool => "bool",
        Rep::Object => "object",
        Rep::None => "none",
    }
}

fn list(vals: &[Val]) -> String {
    vals.iter().map(|val| format!("v{}", val.0)).collect::<Vec<_>>().join(", ")
}

fn inst_text(func: &Func, inst: &Inst) -> String {
    let result = inst.result.map_or(String::new(), |it| format!("{} = ", typed(func, it)));
    let exit = inst.exit.map_or(String::new(), |it| format!(" ! {}", exit_text(func, it)));
    let args = if inst.args.is_empty() { String::new() } else { format!(" {}", list(&inst.args)) };
    format!("{result}{:?}{args}{exit} @{}", inst.op, inst.at.0)
}

fn exit_text(func: &Func, exit: Exit) -> String {
    let state = &func.states[exit.state.0 as usize];
    let mut parts: Vec<String> =
        state.regs.iter().map(|&(reg, val)| format!("r{}={}", reg.0, state_val(val))).collect();
    for (i, object) in state.objects.iter().enumerate() {
        let slots: Vec<String> = object.slots.iter().map(|&it| state_val(it)).collect();
        let kind = if object.shape == LIST { "list".to_owned() } else { format!("map({})", object.shape) };
        parts.push(format!("o{i}={kind}({})", slots.join(", ")));
    }
    parts.extend(state.cells.iter().map(|(cell, val)| format!("g{cell}=v{}", val.0)));
    format!("{:?} -> {} [{}]", exit.reason, state.resume.0, parts.join(" "))
}

fn state_val(val: StateVal) -> String {
    match val {
        StateVal::Val(val) => format!("v{}", val.0),
        StateVal::Range(a, b, c) => format!("range(v{}, v{}, v{})", a.0, b.0, c.0),
        StateVal::Object(i) => format!("o{i}"),
    }
}

fn end_text(func: &Func, end: &End) -> String {
    match end {
        End::Jump(edge) => format!("jump block{}({})", edge.to, list(&edge.args)),
        End::Branch { cond, then, els } => format!(
            "branch v{} block{}({}) else block{}({})",
            cond.0,
            then.to,
            list(&then.args),
            els.to,
            list(&els.args)
        ),
        End::Return(val) => format!("return v{}", val.0),
        End::Leave(exit) => format!("leave {}", exit_text(func, *exit)),
    }
}
