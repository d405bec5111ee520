// Bundles the extension and all it needs into dist/extension.js, and puts beside
// it the licences of what went into the bundle, and the page to which the codes of
// diagnostics lead.
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const result = await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  minify: true,
  metafile: true,
  logLevel: 'warning',
});

const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(input.slice(0, input.indexOf(found[1]) + found[1].length));
}

let notices = 'This extension contains the packages below, under the licences that follow.\n';
for (const folder of [...packages].sort()) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), 'utf8') : `Licence: ${license}\n`;
  notices += `\n${'-'.repeat(72)}\n${name} ${version} (${license})\n\n${text}`;
}
await writeFile('dist/THIRD-PARTY-NOTICES.txt', notices);
await copyFile('../../docs/diagnostics.md', 'dist/diagnostics.md');
