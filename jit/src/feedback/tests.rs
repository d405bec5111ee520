//! Tests of cells, of what they keep and how two of them are put together.

use super::*;

#[test]
fn a_cell_is_16_bytes() {
    assert_eq!(size_of::<FeedbackCell>(), 16);
}

#[test]
fn kinds_of_numbers() {
    assert_eq!(Kinds::of_number(0.0), Kinds::INT);
    assert_eq!(Kinds::of_number(-5.0), Kinds::INT);
    assert_eq!(Kinds::of_number(-0.0), Kinds::FLOAT);
    assert_eq!(Kinds::of_number(0.5), Kinds::FLOAT);
    assert_eq!(Kinds::of_number(1e10), Kinds::FLOAT);
    assert_eq!(Kinds::of_number(f64::INFINITY), Kinds::FLOAT);
    assert_eq!(Kinds::of_number(f64::NAN), Kinds::NAN);
}

#[test]
fn operators_collect_kinds_until_sampled() {
    let cell = FeedbackCell::default();
    for _ in 0..SAMPLES {
        assert!(!cell.is_sampled());
        cell.see_arith(Kinds::INT, Kinds::FLOAT, Kinds::FLOAT);
    }
    assert!(cell.is_sampled());
    let seen = cell.arith();
    assert_eq!((seen.a, seen.b, seen.samples), (Kinds::INT, Kinds::FLOAT, SAMPLES));
    cell.rearm();
    assert!(!cell.is_sampled());
    assert_eq!(cell.arith().a, Kinds::INT);
}

#[test]
fn calls_are_mono_then_mega() {
    let cell = FeedbackCell::default();
    assert_eq!(cell.call(), Call::default());
    cell.see_call(Target::Code(7));
    cell.see_call(Target::Code(7));
    assert_eq!(cell.call().variety, Variety::Mono);
    assert_eq!(cell.call().target, Some(Target::Code(7)));
    cell.see_call(Target::Intrinsic(7));
    assert_eq!(cell.call().variety, Variety::Mega);
    cell.see_no_call();
    assert!(cell.call().not_function);
}

#[test]
fn properties_round_trip_and_widen() {
    let cell = FeedbackCell::default();
    let seen = Property {
        ways: 0,
        variety: Variety::Mono,
        holder: Holder::Parent,
        receiver: Kinds::MAP,
        shape: 77,
        slot: 3,
        isa_slot: 63,
        holder_shape: u32::MAX,
        value: Kinds::FUNCTION,
    };
    cell.see_property(seen);
    assert_eq!(cell.property(), seen);
    cell.see_property(Property { value: Kinds::INT, ..seen });
    assert_eq!(cell.property().variety, Variety::Mono);
    assert_eq!(cell.property().value, Kinds::FUNCTION.union(Kinds::INT));
    cell.see_property(Property { shape: 78, ..seen });
    assert_eq!(cell.property().variety, Variety::Poly);
    cell.set_megamorphic(Kinds::LIST);
    assert_eq!(cell.property().variety, Variety::Mega);
    assert!(cell.is_megamorphic_for(Kinds::STRING, Kinds::NONE));
    assert_eq!(cell.property().receiver, Kinds::MAP.union(Kinds::LIST).union(Kinds::STRING));
}

#[test]
fn the_last_way_of_a_rearmed_site_is_none_until_it_is_met_again() {
    let cell = FeedbackCell::default();
    let seen = Property { variety: Variety::Mono, receiver: Kinds::MAP, shape: 7, slot: 2, ..Property::default() };
    cell.see_property(seen);
    assert_eq!(cell.property().way(), Some(Way { shape: 7, steps: Box::default(), slot: 2, added: None }));
    cell.rearm_ways();
    assert_eq!(cell.property().way(), None, "no map has the shape that stands there");
}

#[test]
fn free_names_round_trip_and_mix() {
    let cell = FeedbackCell::default();
    cell.see_global(Place::Outer { shape: 9, slot: 4 }, Kinds::FUNCTION, Some(Target::Code(3)));
    let seen = cell.global();
    assert_eq!(seen.place, Place::Outer { shape: 9, slot: 4 });
    assert_eq!((seen.target, seen.unstable), (Some(Target::Code(3)), false));
    cell.see_global(Place::Global, Kinds::INT, None);
    assert_eq!(cell.global().place, Place::Mixed);
    assert!(cell.global().unstable);
}

#[test]
fn what_two_places_saw_is_put_together() {
    let mono = |id| Call { variety: Variety::Mono, target: Some(Target::Code(id)), not_function: false };
    assert_eq!(mono(1).merge(Call::default()), mono(1));
    assert_eq!(Call::default().merge(mono(1)), mono(1));
    assert_eq!(mono(1).merge(mono(1)), mono(1));
    assert_eq!(mono(1).merge(mono(2)).variety, Variety::Mega);
    let global = Global { place: Place::Global, value: Kinds::INT, ..Global::default() };
    let intrinsic = Global { place: Place::Intrinsic, value: Kinds::FUNCTION, ..Global::default() };
    assert_eq!(Global::default().merge(global), global);
    assert_eq!(global.merge(intrinsic).place, Place::Mixed);
    let arith = |a, samples| Arith { a, samples, ..Arith::default() };
    assert_eq!(arith(Kinds::INT, 2).merge(arith(Kinds::FLOAT, 3)), arith(Kinds::INT.union(Kinds::FLOAT), 5));
}

#[test]
fn snapshots_show_the_same() {
    let cells = [FeedbackCell::default(), FeedbackCell::default()];
    cells[1].see_index(Kinds::LIST, Kinds::INT, Kinds::STRING, INDEX_MIXED | INDEX_OUT_OF_RANGE);
    let snapshot = Snapshot::of(&cells);
    assert_eq!(snapshot.index(1), cells[1].index());
    assert!(snapshot.index(1).mixed && snapshot.index(1).out_of_range && !snapshot.index(1).computed);
    assert_eq!(snapshot.arith(99), Arith::default());
}
