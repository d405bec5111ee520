// What both editor tests share: waiting for a text, a list of checks with one
// report, and the control run, in which every check must fail.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A check was not fulfilled: what should have been seen, and what was. */
export class Missing extends Error {}

/** Options `--name value` of the command line; those of `wanted` must be there. */
export function options(wanted) {
  const found = {};
  for (let i = 2; i < process.argv.length; i += 2) found[process.argv[i].replace(/^--/, '')] = process.argv[i + 1];
  const lacking = wanted.filter((name) => found[name] === undefined);
  if (lacking.length > 0) broken(`missing options: ${lacking.map((name) => `--${name}`).join(' ')}`);
  return found;
}

/** Ends the test because it could not be run at all, which is not the same as a failed check. */
export function broken(message) {
  console.error(`cannot run the test: ${message}`);
  process.exit(2);
}

export function sleep(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** Asks `probe` until it gives something true, and returns that. */
export async function until(what, probe, seconds, describe = () => '') {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Missing(`not seen within ${seconds} s: ${what}\n${await describe()}`.trimEnd());
    await sleep(50);
  }
}

/** The example programs: name, path and the line that each prints last. */
export function examples(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ms'))
    .sort()
    .map((file) => {
      const name = basename(file, '.ms');
      const lines = readFileSync(join(folder, `${name}.expected`), 'utf8').trimEnd().split('\n');
      return { name, file: join(folder, file), lastLine: lines.at(-1).trim().slice(0, 40) };
    });
}

/** The line number, from 1, of the first line of `file` that holds `text`. */
export function lineOf(file, text) {
  const index = readFileSync(file, 'utf8').split('\n').findIndex((line) => line.includes(text));
  if (index < 0) broken(`${file} has no line with: ${text}`);
  return index + 1;
}

/** How a tier may read at a function's header. */
export const TIER = /⚡native|▲baseline|○interp|↯deopt/;

/**
 * Runs the checks one by one, each on its own, and returns the exit code. In
 * the control run the server answers nothing: a check that passes then would
 * also pass without MiniLive, so it is worth nothing.
 */
export async function runChecks(checks, { control, picture }) {
  let wrong = 0;
  for (const { name, run } of checks) {
    const start = Date.now();
    let failure;
    try {
      await run();
    } catch (error) {
      failure = error;
      if (control && !(error instanceof Missing)) {
        console.error(`  error in the control: ${name}: ${error.stack}`);
        return 2;
      }
    }
    const took = `${((Date.now() - start) / 1000).toFixed(1)} s`;
    if (control) {
      console.log(failure ? `  fails, as it must: ${name}` : `  PASSES WITHOUT A SERVER: ${name}`);
      if (!failure) wrong += 1;
    } else if (failure) {
      wrong += 1;
      console.log(`  FAILED ${name} (${took})`);
      console.log(`${failure instanceof Missing ? failure.message : failure.stack}`.replace(/^/gm, '    '));
      console.log(`    see ${await picture(name)}`);
    } else {
      console.log(`  ok ${name} (${took})`);
    }
  }
  return wrong === 0 ? 0 : 1;
}
