//! The collector as a whole: what is reachable lives, what is not is freed, and nothing is lost on the way.
#![expect(unsafe_code, reason = "looks into dead cells on purpose")]

use super::{HeapConfig, kind};
use crate::fault::Fault;
use crate::host::CaptureHost;
use crate::limits::{LimitKind, Limits};
use crate::realm::{Realm, RealmConfig};
use crate::shared::Shared;
use crate::value::Value;
use std::hint::black_box;
use std::sync::Arc;

/// A realm for tests.
pub(crate) fn realm(stress: bool) -> Box<Realm> {
    let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
    config.heap.stress = stress;
    config.stack_slots = 1 << 12;
    Realm::new(Arc::new(Shared::new()), config)
}

/// Bytes taken since the last collection, for tests of what an operation costs.
pub(crate) fn taken(realm: &Realm) -> u64 {
    realm.heap.fresh_cells + realm.heap.fresh_outside
}

/// The kind in the header of a hidden object, dead or alive. A frame of its own, so that the address is gone afterwards.
#[inline(never)]
fn kind_at(hidden: usize) -> u8 {
    let header: *const super::Header = std::ptr::with_exposed_provenance(!hidden);
    // SAFETY: blocks stay mapped while the realm's `Shared` lives (heap invariant 1), whatever a cell holds.
    unsafe { header.read() }.kind
}

/// Makes a list that nothing refers to; its address is hidden from the scan.
#[inline(never)]
fn make_hidden(realm: &mut Realm) -> usize {
    let list = realm.new_list(&[Value::ONE, Value::NULL]);
    !list.value().address().expect("a list is an object")
}

/// Overwrites the dead part of the native stack.
#[inline(never)]
fn scrub_stack(depth: usize) -> usize {
    let words = black_box([depth; 256]);
    if depth == 0 { words[3] } else { scrub_stack(depth - 1) + words[5] }
}

#[test]
fn an_unrooted_object_is_poisoned() {
    realm(true).enter(|realm| {
        let hidden = make_hidden(realm);
        assert_eq!(kind_at(hidden), kind::LIST);
        black_box(scrub_stack(20));
        realm.collect();
        assert_eq!(kind_at(hidden), kind::POISON);
    });
}

#[test]
fn a_value_in_a_native_frame_survives() {
    realm(true).enter(|realm| {
        let list = realm.new_list(&[Value::NULL]);
        let hidden = !list.value().address().expect("a list is an object");
        for _ in 0..10 {
            black_box(realm.new_map());
        }
        assert_eq!(kind_at(hidden), kind::LIST);
        assert_eq!(list.get(0), Some(Value::NULL));
    });
}

#[test]
fn a_value_in_a_preserved_register_survives() {
    realm(true).enter(|realm| {
        // Many values live at once across calls: some of them stand in preserved registers.
        let values: [Value; 12] = std::array::from_fn(|index| realm.new_list(&[Value::number(index as f64)]).value());
        let [a, b, c, d, e, f, ..] = values;
        black_box(scrub_stack(10));
        realm.collect();
        for (index, value) in [a, b, c, d, e, f].into_iter().enumerate() {
            let element = value.as_list().and_then(|list| list.get(0));
            assert_eq!(element, Some(Value::number(index as f64)));
        }
    });
}

/// Puts a hidden object's reference onto the VM stack.
#[inline(never)]
fn push_hidden(realm: &mut Realm) -> usize {
    let hidden = make_hidden(realm);
    let list =
        crate::list::ListRef(std::ptr::NonNull::new(std::ptr::with_exposed_provenance_mut(!hidden)).expect("not null"));
    // SAFETY: vm_stack invariant 1: the stack of this realm has room.
    unsafe {
        realm.head.stack_top.write(list.value());
        realm.head.stack_top = realm.head.stack_top.add(1);
    }
    hidden
}

#[test]
fn a_value_on_the_vm_stack_survives_until_it_is_popped() {
    realm(true).enter(|realm| {
        let hidden = push_hidden(realm);
        black_box(scrub_stack(20));
        realm.collect();
        assert_eq!(kind_at(hidden), kind::LIST);
        realm.head.stack_top = realm.head.stack_base;
        black_box(scrub_stack(20));
        realm.collect();
        assert_eq!(kind_at(hidden), kind::POISON);
    });
}

#[inline(never)]
fn root_everywhere(realm: &mut Realm) -> [usize; 3] {
    let value = |hidden: usize| {
        let object = std::ptr::with_exposed_provenance_mut(!hidden);
        crate::list::ListRef(std::ptr::NonNull::new(object).expect("not null")).value()
    };
    let name = realm.shared.intern("variable");
    let cell = realm.shared.cell(name);
    realm.resolve(&[cell]);
    let global = make_hidden(realm);
    realm.set_cell(cell, value(global));
    let temporary = make_hidden(realm);
    realm.push_root(value(temporary));
    let holder = realm.new_map();
    realm.push_root(holder.value());
    let key = realm.intern("key");
    // Nothing may be allocated between an object's birth and its root: each allocation collects.
    holder.put(realm, key, Value::NULL);
    let nested = make_hidden(realm);
    holder.put(realm, key, value(nested));
    [global, temporary, nested]
}

#[test]
fn every_kind_of_root_keeps_what_it_refers_to() {
    realm(true).enter(|realm| {
        let hidden = root_everywhere(realm);
        black_box(scrub_stack(20));
        realm.collect();
        for object in hidden {
            assert_eq!(kind_at(object), kind::LIST);
        }
        realm.truncate_roots(0);
        realm.reset_globals();
        black_box(scrub_stack(20));
        realm.collect();
        for object in hidden {
            assert_eq!(kind_at(object), kind::POISON);
        }
    });
}

#[test]
fn outside_memory_is_counted_and_freed() {
    let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
    config.heap.min_volume = 64 << 20;
    Realm::new(Arc::new(Shared::new()), config).enter(|realm| {
        make_garbage(realm);
        assert!(realm.heap_stats().counted_bytes > 1_000_000, "{:?}", realm.heap_stats());
        black_box(scrub_stack(20));
        realm.collect();
        assert!(realm.heap_stats().live_bytes < 100_000, "{:?}", realm.heap_stats());
    });
}

#[inline(never)]
fn make_garbage(realm: &mut Realm) {
    for _ in 0..25 {
        let list = realm.new_list(&[]);
        let map = realm.new_map();
        let mut text = realm.new_string("x");
        for index in 0..1000 {
            list.push(realm, Value::number(f64::from(index))).expect("no limit");
            map.put(realm, Value::number(f64::from(index)), Value::NULL);
            let more = realm.new_string("some more text");
            text = realm.concat(text, more).expect("no limit");
        }
        assert_eq!(text.len(), 14_001);
    }
}

#[test]
fn collections_run_by_volume_and_keep_the_heap_small() {
    realm(false).enter(|realm| {
        for _ in 0..2_000_000 {
            black_box(realm.new_map());
        }
        let stats = realm.heap_stats();
        assert!(stats.collections >= 10, "{stats:?}");
        assert!(stats.counted_bytes < 20 << 20, "{stats:?}");
    });
}

#[test]
fn a_deep_chain_is_marked_without_recursion() {
    realm(false).enter(|realm| {
        let mut chain = Value::NULL;
        for _ in 0..1_000_000 {
            chain = realm.new_list(&[chain]).value();
        }
        realm.collect();
        let mut depth = 0;
        while let Some(list) = chain.as_list() {
            chain = list.get(0).expect("each holds the next");
            depth += 1;
        }
        assert_eq!(depth, 1_000_000);
    });
}

#[test]
fn nothing_is_collected_outside_of_enter() {
    let mut realm = realm(true);
    let list = realm.new_list(&[Value::ONE]);
    realm.collect();
    assert_eq!(realm.heap_stats().collections, 0);
    assert_eq!(list.get(0), Some(Value::ONE));
}

fn limited(memory: u64) -> Box<Realm> {
    let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
    config.limits = Limits { memory, ..Limits::NONE };
    Realm::new(Arc::new(Shared::new()), config)
}

#[test]
fn a_program_that_keeps_too_much_meets_the_memory_limit() {
    limited(16 << 20).enter(|realm| {
        realm.head.budget = i64::MAX;
        let keep = realm.new_list(&[]);
        let mut kept = 0;
        while realm.head.budget > 0 || realm.poll_memory().is_ok() {
            realm.head.budget = i64::MAX;
            let map = realm.new_map();
            if keep.push(realm, map.value()).is_err() {
                break;
            }
            kept += 1;
            assert!(kept < 1_000_000, "the limit must come");
        }
        assert!(kept > 50_000, "{kept}");
        assert!(realm.heap_stats().counted_bytes < 20 << 20);
    });
}

#[test]
fn garbage_alone_never_meets_the_memory_limit() {
    limited(16 << 20).enter(|realm| {
        for _ in 0..1_000_000 {
            black_box(realm.new_map());
        }
        assert!(realm.poll_memory().is_ok());
    });
}

#[test]
fn a_single_huge_allocation_is_refused_before_it_is_made() {
    limited(16 << 20).enter(|realm| {
        let memory = Err(Box::new(Fault::Limit(LimitKind::Memory)));
        assert_eq!(realm.new_list_with_capacity(1_000_000_000).map(|_| ()), memory);
        let text = realm.new_string("0123456789");
        assert_eq!(realm.repeat(text, 100_000_000).map(|_| ()), memory);
        let range = realm.new_range(0.0, 1.0, 1_000_000_000);
        assert_eq!(range.push(realm, Value::NULL), memory);
        assert_eq!(range.len(), 1_000_000_000);
        assert!(realm.poll_memory().is_ok());
    });
}

#[test]
fn a_dropped_realm_leaves_its_blocks_to_the_next() {
    let shared = Arc::new(Shared::new());
    for _ in 0..25 {
        let config = RealmConfig { stack_slots: 16, ..RealmConfig::new(Box::new(CaptureHost::new())) };
        let mut realm = Realm::new(shared.clone(), config);
        realm.enter(|realm| {
            let list = realm.new_list(&[]);
            for index in 0..1000 {
                let text = realm.string_value(&format!("{index} is the number of this text"));
                list.push(realm, text).expect("no limit");
            }
            assert!(list.get(7).and_then(Value::as_string).is_some_and(|text| text.as_str().starts_with("7 ")));
        });
    }
}

#[test]
fn the_configuration_decides_when_to_collect() {
    let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
    config.heap = HeapConfig { min_volume: 1 << 20, ..HeapConfig::default() };
    Realm::new(Arc::new(Shared::new()), config).enter(|realm| {
        for _ in 0..100_000 {
            black_box(realm.new_map());
        }
        assert!(realm.heap_stats().collections >= 5);
    });
}

/// A heap that is always collected in steps.
fn in_steps() -> Box<Realm> {
    let mut config = RealmConfig::new(Box::new(CaptureHost::new()));
    config.heap = HeapConfig { min_volume: 1 << 20, at_once: 0, ..HeapConfig::default() };
    config.stack_slots = 1 << 12;
    Realm::new(Arc::new(Shared::new()), config)
}

/// A list of lists that hold a text each: `count` of them.
fn nested(realm: &mut Realm, count: usize) -> crate::list::ListRef {
    let outer = realm.new_list(&[]);
    for index in 0..count {
        let text = realm.string_value(&format!("text number {index}"));
        let inner = realm.new_list(&[text]).value();
        outer.push(realm, inner).expect("no limit");
    }
    outer
}

fn text_in(value: Value) -> String {
    let text = value.as_list().and_then(|list| list.get(0)).and_then(Value::as_string);
    text.map_or_else(String::new, |text| text.as_str().to_string())
}

/// Starts a cycle and leaves it in the middle of marking.
fn begin_marking(realm: &mut Realm) {
    realm.collect();
    realm.collect_some();
    assert_eq!(realm.heap.phase, super::cycle::Phase::Mark);
    realm.heap.step_work = 1;
}

#[test]
fn a_cycle_in_steps_frees_what_was_dropped_before_it() {
    in_steps().enter(|realm| {
        let keep = nested(realm, 1_000);
        for _ in 0..200_000 {
            black_box(realm.new_map());
        }
        let stats = realm.heap_stats();
        assert!(stats.collections > 3, "{stats:?}");
        assert!(stats.counted_bytes < 6 << 20, "{stats:?}");
        assert!(stats.pauses.count > stats.collections * 2, "{stats:?}");
        assert_eq!(keep.get(999).map(text_in).as_deref(), Some("text number 999"));
    });
}

/// Moves every element from one container to another while a cycle marks, in all the ways a program can.
#[test]
fn what_moves_while_a_cycle_marks_is_kept() {
    type Move = fn(&mut Realm, crate::list::ListRef, crate::list::ListRef);
    let moves: [Move; 5] = [
        |realm, from, to| {
            while let Some(value) = from.pop(realm).expect("not frozen") {
                to.push(realm, value).expect("not frozen");
                step(realm);
            }
        },
        |realm, from, to| {
            while !from.is_empty() {
                let value = from.remove(realm, 0).expect("not frozen");
                to.insert(realm, 0, value).expect("not frozen");
                step(realm);
            }
        },
        |realm, from, to| {
            for index in 0..from.len() {
                let value = from.get(index).expect("inside");
                from.set(realm, index, Value::NULL).expect("not frozen");
                to.push(realm, value).expect("not frozen");
                step(realm);
            }
        },
        |realm, from, to| {
            let map = realm.new_map();
            for (index, value) in from.to_vec().into_iter().enumerate() {
                map.set(realm, Value::number(index as f64), value).expect("not frozen");
            }
            from.truncate(realm, 0).expect("not frozen");
            while let Some((_, value)) = map.pop_first(realm).expect("not frozen") {
                to.push(realm, value).expect("not frozen");
                step(realm);
            }
        },
        |realm, from, to| {
            let holder = realm.new_map();
            let name = realm.intern("held");
            for value in from.to_vec() {
                holder.set(realm, name, value).expect("not frozen");
                step(realm);
                let held = holder.get(realm, name).expect("set");
                to.push(realm, held).expect("not frozen");
            }
            from.assign(realm, &[]).expect("not frozen");
        },
    ];
    for (which, action) in moves.into_iter().enumerate() {
        in_steps().enter(|realm| {
            let from = nested(realm, 9_000);
            let to = realm.new_list(&[]);
            begin_marking(realm);
            action(realm, from, to);
            realm.collect();
            let mut texts: Vec<String> = to.iter().map(text_in).collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 9_000, "way {which}");
        });
    }
}

/// A small part of a cycle, and garbage that would overwrite what it freed too early.
fn step(realm: &mut Realm) {
    realm.heap.step_work = 1;
    realm.collect_some();
    black_box(realm.new_list(&[Value::ONE]));
    black_box(realm.string_value("takes the cell of a text"));
}

#[test]
fn what_is_made_while_a_cycle_marks_lives_until_its_end() {
    in_steps().enter(|realm| {
        let keep = nested(realm, 5_000);
        begin_marking(realm);
        let made = nested(realm, 2_000);
        while realm.heap.phase != super::cycle::Phase::Idle {
            realm.collect_some();
        }
        assert_eq!((keep.len(), made.iter().map(text_in).last().as_deref()), (5_000, Some("text number 1999")));
        let live = realm.heap_stats().live_objects;
        assert!(live > 14_000, "{live}");
    });
}

#[test]
fn large_buffers_are_swept_in_steps_too() {
    in_steps().enter(|realm| {
        let keep = realm.new_list(&[]);
        for round in 0..40 {
            let text = realm.string_value(&format!("{round}").repeat(9_000));
            keep.push(realm, text).expect("no limit");
            for _ in 0..30 {
                black_box(realm.string_value(&"garbage".repeat(3_000)));
            }
        }
        let stats = realm.heap_stats();
        assert!(stats.collections > 2 && stats.counted_bytes < 8 << 20, "{stats:?}");
        for round in 0..40 {
            let text = keep.get(round).and_then(Value::as_string).expect("kept");
            assert!(text.as_str().starts_with(&format!("{round}{round}")) && text.byte_len() >= 9_000);
        }
    });
}
