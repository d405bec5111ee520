use minilive_jit::engine::*;
use minilive_runtime::host::*;
fn main(){
  let args: Vec<String> = std::env::args().skip(1).collect();
  let mut stress=false; let mut list=false; let mut stats=false; let mut rec=false; let mut mir=false; let mut file=String::new(); let mut fuel=u64::MAX; let mut compat=false;
  let mut it=args.iter();
  while let Some(a)=it.next(){ match a.as_str(){"--stress"=>stress=true,"--list"=>list=true,"--mir"=>mir=true,"--stats"=>stats=true,"--record"=>rec=true,"--compat"=>compat=true,"--fuel"=>fuel=it.next().unwrap().parse().unwrap(),f=>file=f.to_string()} }
  let text=std::fs::read_to_string(&file).unwrap();
  let base=std::path::Path::new(&file).file_name().unwrap().to_str().unwrap().to_string();
  let parse=minilive_syntax::parse(&text);
  let (program,diags)=minilive_mir::lower::lower_file(&parse,&base);
  if let Some(d)=diags.iter().find(|d| d.reference.is_some()) { println!("Compiler Error: {} [{} line {}]", d.reference.as_ref().unwrap(), base, d.reference_line); return; }
  if mir { for u in &program.units { println!("{}", minilive_mir::print::print(u.mir.as_ref().unwrap())); } }
  let mut engine=Engine::new(EngineConfig{tier:TierPolicy::InterpretOnly,gc_stress:stress,..Default::default()});
  let loaded = if rec {engine.load_recording(&program)} else {engine.load(&program)}.unwrap();
  if list { for c in engine.codes().iter(){ println!("== {} {}", c.info.borrow().name, c.bytecode.n_regs); println!("{}", minilive_jit::bytecode::listing::listing(&c.bytecode,&c.unit)); } return; }
  let mut req=RunRequest::new(Entry::Main); req.record=rec; req.limits.fuel=fuel; req.compat=compat;
  let out=engine.run(&loaded,req,Box::new(StdHost::new(Effects::ALL)));
  match &out.end { End::Error(e)=>println!("{e}"), End::Finished(_)=>{}, other=>println!("{other:?}") }
  if stats { eprintln!("elapsed {:?} fuel {} gc {} heap {}", out.elapsed, out.fuel, out.collections, out.heap); for f in &out.functions { eprintln!("{} calls {} work {}", f.name, f.calls, f.work);} for p in &out.recording.points { eprintln!("{p:?}"); } }
}
