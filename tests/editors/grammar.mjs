// The TextMate grammar of the extension, in the engine that VS Code uses: what
// each word of a small program is highlighted as.
//
//   node grammar.mjs --grammar FILE --tools FOLDER

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { options, runChecks } from './checks.mjs';

const given = options(['grammar', 'tools']);
const tools = createRequire(join(resolve(given.tools), 'package.json'));
const { Registry, parseRawGrammar, INITIAL } = tools('vscode-textmate');
const oniguruma = tools('vscode-oniguruma');

async function loadGrammar() {
  await oniguruma.loadWASM(readFileSync(tools.resolve('vscode-oniguruma/release/onig.wasm')).buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(readFileSync(given.grammar, 'utf8'), given.grammar),
  });
  return registry.loadGrammar('source.miniscript');
}

/** All words of a text with the innermost scope of each: `[word, scope]`. */
function words(grammar, text) {
  let state = INITIAL;
  const found = [];
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const word = line.slice(startIndex, endIndex).trim();
      if (word !== '') found.push([word, scopes.join(' ')]);
    }
  }
  return found;
}

/** A text and, for words of it in order, a part of the scopes that each must have. */
const SAMPLES = [
  ['keywords', 'if a then b = 1 else while x and not y or z isa w', [
    ['if', 'keyword.control'], ['then', 'keyword.control'], ['else', 'keyword.control'], ['while', 'keyword.control'],
    ['and', 'keyword.operator.logical'], ['not', 'keyword.operator.logical'], ['or', 'keyword.operator.logical'], ['isa', 'keyword.operator.logical'],
  ]],
  ['ends of blocks', 'end if\nend while\nend for\nbreak\ncontinue\nreturn\nfor i in x', [
    ['end', 'keyword.control'], ['break', 'keyword.control'], ['continue', 'keyword.control'], ['return', 'keyword.control'], ['for', 'keyword.control'], ['in', 'keyword.control'],
  ]],
  ['a function, its name and parameters', 'area = function(width, height=2)\nend function', [
    ['area', 'entity.name.function'], ['function', 'storage.type.function'], ['width', 'variable.parameter'], ['height', 'variable.parameter'], ['2', 'constant.numeric'], ['end function', 'storage.type.function'],
  ]],
  ['special names', 'self.x = new super.y\nlocals outer globals true false null', [
    ['self', 'variable.language'], ['x', 'property'], ['new', 'keyword.operator.new'], ['super', 'variable.language'],
    ['locals', 'variable.language'], ['outer', 'variable.language'], ['globals', 'variable.language'], ['true', 'constant.language'], ['false', 'constant.language'], ['null', 'constant.language'],
  ]],
  ['numbers', 'a = 1 + 2.5 - 3e-4 + a1', [
    ['1', 'constant.numeric'], ['2.5', 'constant.numeric'], ['3e-4', 'constant.numeric'], ['a1', 'variable.other'],
  ]],
  ['a string with quotes in it', 'print "say ""hi"" // no" + "" + x', [
    ['say', 'string.quoted'], ['""', 'constant.character.escape'], ['hi', 'string.quoted'], ['""', 'constant.character.escape'], ['// no', 'string.quoted'], ['x', 'variable.other'],
  ]],
  ['a string over two lines', 'a = "one\ntwo" + b', [['one', 'string.quoted'], ['two', 'string.quoted'], ['b', 'variable.other']]],
  ['comments', 'x = 1 // if "not" code', [['x', 'variable.other'], ['// if "not" code', 'comment.line']]],
  ['a watch', '//> f(2) + "s"', [['//>', 'keyword.other.marker'], ['f', 'entity.name.function.call'], ['2', 'constant.numeric'], ['s', 'string.quoted']]],
  ['an example', '//@ example two words: f(2)', [['//@', 'keyword.other.marker'], ['example', 'keyword.other.marker'], ['two words', 'entity.name.tag'], ['f', 'entity.name.function.call']]],
  ['an example without a name', '//@ example f(2)', [['example', 'keyword.other.marker'], ['f', 'entity.name.function.call'], ['2', 'constant.numeric']]],
  ['other markers', '//= 3\n//? x\n// minilive: off\n//==== ruler', [
    ['//=', 'keyword.other.marker'], ['//?', 'keyword.other.marker'], ['// minilive:', 'keyword.other.marker'], ['//==== ruler', 'comment.line.double-slash.miniscript'],
  ]],
  ['built-in functions', 'print range(1, 3).len', [['print', 'support.function'], ['range', 'support.function'], ['len', 'property']]],
  ['operators', 'a += 1; b == c != @d ^ 2 <= 3', [
    ['+=', 'keyword.operator.assignment'], ['==', 'keyword.operator.comparison'], ['!=', 'keyword.operator.comparison'], ['@', 'keyword.operator.reference'], ['^', 'keyword.operator.arithmetic'], ['<=', 'keyword.operator.comparison'],
  ]],
];

function check(grammar, text, expected) {
  const found = words(grammar, text);
  const all = found.map(([word, scope]) => `${word}: ${scope}`).join('\n');
  let at = 0;
  for (const [word, scope] of expected) {
    const index = found.findIndex(([it], i) => i >= at && it === word);
    if (index < 0) throw new Error(`no word ${word} in\n${all}`);
    if (!found[index][1].includes(scope)) throw new Error(`${word} is not ${scope} in\n${all}`);
    at = index + 1;
  }
}

const grammar = await loadGrammar();
const checks = SAMPLES.map(([name, text, expected]) => ({ name, run: async () => check(grammar, text, expected) }));
process.exit(await runChecks(checks, { control: false, picture: async () => given.grammar }));
