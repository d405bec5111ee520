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
