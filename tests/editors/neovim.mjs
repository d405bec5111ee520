// MiniLive in the real Neovim: the plugin in a terminal (tmux), driven by keys
// and judged by what stands on the screen. Works with every generation of
// Neovim, since it uses nothing but the screen.
//
//   node neovim.mjs --nvim PROGRAM --server PROGRAM --plugin FOLDER --examples FOLDER --out FOLDER [--control yes]

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { broken, examples, lineOf, options, runChecks, TIER, until } from './checks.mjs';

const given = options(['nvim', 'server', 'plugin', 'examples', 'out']);
const control = given.control === 'yes';
const START = 120;
const PATIENCE = control ? 3 : 60;

const programs = examples(given.examples);
const main = programs.find((program) => program.name === 'mandelbrot') ?? broken('there is no example mandelbrot');
const folder = mkdtempSync(join(tmpdir(), 'minilive-nvim-'));
const workspace = join(folder, 'workspace');
const version = execFileSync(given.nvim, ['--version'], { encoding: 'utf8' }).split('\n')[0];
mkdirSync(given.out, { recursive: true });

// What a user's own configuration would hold, and nothing that hides the screen.
const init = `
vim.opt.runtimepath:prepend(${lua(resolve(given.plugin))})
vim.o.number = true
vim.o.signcolumn = 'yes'
vim.o.shortmess = vim.o.shortmess .. 'I'
vim.o.swapfile = false
vim.o.more = false
vim.o.laststatus = 2
vim.o.statusline = '%f [%{v:lua.MiniLiveStatus()}]'
function _G.MiniLiveStatus() return require('minilive').status() end
vim.api.nvim_set_keymap('n', '<F5>', '<Cmd>lua vim.lsp.codelens.run()<CR>', {})
vim.api.nvim_set_keymap('n', '<F6>', '<Cmd>lua vim.lsp.buf.hover()<CR>', {})
vim.api.nvim_set_keymap('n', '<F7>', '<Cmd>lua vim.lsp.buf.rename("breadth")<CR>', {})
vim.api.nvim_set_keymap('n', '<F8>', '<Cmd>lua (vim.lsp.buf.format or vim.lsp.buf.formatting_sync)()<CR>', {})
require('minilive').setup { cmd = { ${lua(resolve(given.server))}, 'lsp' }, trust = 'interpretOnly' }
`;

function lua(text) {
  return `[==[${text}]==]`;
}

// One Neovim in one terminal.
class Terminal {
  constructor() {
    this.socket = `minilive-${process.pid}`;
  }

  tmux(...args) {
    return execFileSync('tmux', ['-u', '-L', this.socket, '-f', '/dev/null', ...args], { encoding: 'utf8', cwd: workspace, env: this.env() });
  }

  env() {
    const { TMUX: _, ...rest } = process.env;
    return { ...rest, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_STATE_HOME: join(folder, 'state'), XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
  }

  start(file) {
    const command = [given.nvim, '--clean', '-n', '-u', join(folder, 'init.lua'), file].map((part) => `'${part}'`).join(' ');
    // However this test ends, nothing of it goes on.
    process.on('exit', () => spawnSync('tmux', ['-L', this.socket, 'kill-server']));
    this.tmux('new-session', '-d', '-s', 'test', '-x', '180', '-y', '75', command);
  }

  async end() {
    this.command('qa!');
    const runs = () => spawnSync('tmux', ['-L', this.socket, 'has-session', '-t', 'test']).status === 0;
    await until('the end of Neovim', () => !runs(), START);
  }

  screen() {
    return this.tmux('capture-pane', '-p', '-t', 'test');
  }

  lines() {
    return this.screen().split('\n');
  }

  keys(...keys) {
    this.tmux('send-keys', '-t', 'test', ...keys);
  }

  text(text) {
    this.tmux('send-keys', '-t', 'test', '-l', text);
  }

  command(text) {
    this.keys('Escape');
    this.text(`:${text}`);
    this.keys('Enter');
  }

  see(what, found, seconds = PATIENCE) {
    return until(what, () => found(this.lines()), seconds, () => `the screen:\n${this.screen().trimEnd()}`);
  }

  /** The line of the file that begins with `start`, after sign column and number. */
  line(what, start, matches) {
    const shown = new RegExp(`^.{0,3}\\s*\\d+ ${start.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
    return this.see(what, (lines) => lines.some((line) => shown.test(line) && matches(line)));
  }
}

async function sees(terminal, program) {
  await terminal.see(`"${program.lastLine}" in the output window`, (lines) => {
    const at = lines.findIndex((line) => line.includes('minilive://output'));
    return at >= 0 && lines.slice(0, at).some((line) => line.startsWith(program.lastLine) || line.includes(` ${program.lastLine}`));
  });
}

function checksOf(terminal) {
  const watch = '//> escapeTime(0, 0, 50)';
  const header = 'escapeTime = function';
  const checks = [
    {
      name: 'a folder that is not trusted says so, and :MiniLiveTrust grants it',
      run: async () => {
        const speaks = (lines) => lines.some((line) => /Run · .*not trusted/.test(line));
        await terminal.see('a lens that speaks of trust', speaks);
        terminal.command('MiniLiveTrust');
        await terminal.see('a lens without a word on trust', (lines) => !speaks(lines) && lines.some((line) => /\bRun\b/.test(line)));
      },
    },
    { name: 'a watch shows its value', run: () => terminal.line(`⇒ 50 behind ${watch}`, watch, (line) => /⇒ 50(\s|$)/.test(line)) },
    {
      name: 'an assignment shows its value',
      run: () => terminal.line('= 28 behind "height = 28"', 'height = 28', (line) => /height = 28 .*= 28(\s|$)/.test(line)),
    },
    { name: 'a function shows its tier', run: () => terminal.line(`a tier at ${header}`, header, (line) => TIER.test(line)) },
    {
      name: 'the run lens is shown, runs the program and shows its output',
      run: async () => {
        const first = lineOf(main.file, 'width = ');
        await terminal.see('a lens Run', (lines) => lines.some((line) => /\bRun(?! example)\b/.test(line)));
        terminal.command(String(first));
        terminal.keys('F5');
        await sees(terminal, main);
      },
    },
    {
      name: ':MiniLiveRun runs the program',
      run: async () => {
        terminal.keys('C-w', 'j');
        terminal.command('bdelete!');
        await terminal.see('no output window', (lines) => !lines.some((line) => line.startsWith('minilive://output')));
        terminal.command('MiniLiveRun');
        await sees(terminal, main);
      },
    },
    {
      name: 'after the run a function shows its native tier',
      run: () => terminal.line(`⚡native at ${header}`, header, (line) => line.includes('⚡native')),
    },
    {
      name: 'hover tells about a function',
      run: async () => {
        terminal.command(String(lineOf(main.file, header)));
        terminal.keys('0');
        const before = terminal.screen();
        terminal.keys('F6');
        await terminal.see('a hover that names the tier of the function', (lines) => {
          const news = lines.filter((line) => !before.includes(line.trimEnd())).join('\n');
          return /escapeTime|function/.test(news) && /interpreted|compiled/.test(news);
        });
        terminal.keys('h', 'l', 'j');
      },
    },
    {
      name: 'an edit changes a value',
      run: async () => {
        terminal.command(String(lineOf(main.file, watch)));
        terminal.keys('$', 'i');
        terminal.text('0');
        terminal.keys('Escape');
        try {
          await terminal.line('⇒ 500 after the edit', '//> escapeTime(0, 0, 500)', (line) => line.includes('⇒ 500'));
        } finally {
          terminal.command('earlier 1f');
        }
        await terminal.line('⇒ 50 again after the undo', watch, (line) => /⇒ 50(\s|$)/.test(line));
      },
    },
    {
      name: 'names are completed in a popup, with what they are',
      run: async () => {
        terminal.command(String(lineOf(main.file, 'width = ')));
        terminal.keys('O');
        terminal.text('zz = esc');
        terminal.keys('C-x', 'C-o');
        try {
          await terminal.see('escapeTime behind "zz = "', (lines) => lines.some((line) => /\d zz = escapeTime/.test(line)));
          terminal.keys('Escape');
          terminal.keys('S');
          terminal.text('zz = st');
          terminal.keys('C-x', 'C-o');
          const offered = (lines) => ['str', 'stackTrace'].every((name) => lines.some((line) => new RegExp(`^.{8,40}\\b${name} +Function`).test(line)));
          await terminal.see('a popup with str and stackTrace, which are functions', offered);
        } finally {
          terminal.command('earlier 1f');
        }
      },
    },
    {
      name: 'a variable is renamed wherever it stands',
      run: async () => {
        terminal.command(String(lineOf(main.file, 'width = ')));
        terminal.keys('0', 'F7');
        try {
          await terminal.see('breadth = 72', (lines) => lines.some((line) => /\d breadth = 72/.test(line)));
          terminal.command('g/\\<width\\>/echo "left: " . getline(".")');
          await terminal.see('no width any more', (lines) => lines.some((line) => /Pattern not found|E486/.test(line)));
        } finally {
          terminal.command('earlier 1f');
        }
        await terminal.see('width again after the undo', (lines) => lines.some((line) => /\d width = 72/.test(line)));
      },
    },
    {
      name: 'a file is formatted',
      run: async () => {
        terminal.command(String(lineOf(main.file, 'width = ')));
        terminal.keys('O');
        terminal.text('zz   =1+ 2');
        terminal.keys('Escape', 'F8');
        try {
          await terminal.see('zz = 1 + 2', (lines) => lines.some((line) => /\d zz = 1 \+ 2/.test(line)));
        } finally {
          terminal.command('earlier 1f');
        }
      },
    },
    {
      name: 'an error is shown, and gone when it is undone',
      run: async () => {
        const marked = (lines) => lines.some((line) => /^E\s+\d+ width = 72 = =/.test(line));
        terminal.command(String(lineOf(main.file, 'width = ')));
        terminal.keys('A');
        terminal.text(' = =');
        terminal.keys('Escape');
        try {
          await terminal.see('an error mark at the edited line', marked);
        } finally {
          terminal.command('earlier 1f');
        }
        await terminal.see('no error mark after the undo', (lines) => lines.some((line) => /^\s+\d+ width = 72/.test(line)));
      },
    },
    {
      name: 'a run that would never end is stopped by :MiniLiveStop',
      run: async () => {
        terminal.command(String(lineOf(main.file, 'width = ')));
        terminal.keys('O');
        terminal.text('while true');
        terminal.keys('Enter');
        terminal.text('end while');
        terminal.keys('Escape');
        try {
          await terminal.see('the loop', (lines) => lines.some((line) => /^\s*\d+ end while/.test(line)));
          terminal.command('MiniLiveRun');
          await terminal.see('a lens Stop', (lines) => lines.some((line) => /\bStop\b/.test(line)));
          terminal.command('MiniLiveStop');
          await terminal.see('no lens Stop', (lines) => lines.some((line) => /\bRun(?! example)\b/.test(line)) && !lines.some((line) => /\bStop\b/.test(line)));
        } finally {
          terminal.command('earlier 1f');
        }
      },
    },
    {
      name: ':checkhealth finds the server',
      run: async () => {
        terminal.command('checkhealth minilive');
        try {
          await terminal.see('the version of the server', (lines) => lines.some((line) => /minilive \d+\.\d+/.test(line)));
          await terminal.see('an attached buffer', (lines) => lines.some((line) => line.includes('attached to 1 buffer')));
        } finally {
          terminal.command('tabclose');
        }
      },
    },
    {
      name: 'the status line shows the server at work',
      run: () => terminal.see('a status in the status line', (lines) => lines.some((line) => /mandelbrot\.ms \[\w+/.test(line))),
    },
  ];
  if (control) return checks;
  checks.push({
    name: 'blocks indent themselves',
    run: async () => {
      terminal.command(String(lineOf(main.file, 'width = ')));
      terminal.keys('O');
      const typed = ['for i in [1]', 'if i then', 'print i', 'else', 'print 2', 'end if', 'end for'];
      for (const line of typed) {
        terminal.text(line);
        terminal.keys('Enter');
      }
      terminal.keys('Escape');
      try {
        const wanted = ['for i in [1]', '    if i then', '        print i', '    else', '        print 2', '    end if', 'end for'];
        await terminal.see(wanted.join('\n'), (lines) => {
          const first = lines.findIndex((line) => line.includes(wanted[0]));
          return first >= 0 && wanted.every((text, i) => new RegExp(`\\d ${text.replaceAll(/[[\]]/g, '\\$&')}`).test(lines[first + i] ?? ''));
        });
      } finally {
        terminal.command('earlier 1f');
      }
    },
  });
  for (const program of programs.filter((program) => program !== main)) {
    checks.push({
      name: `${program.name}: values, tiers, run`,
      run: async () => {
        terminal.command(`edit ${program.name}.ms`);
        await terminal.see('the file', (lines) => lines.some((line) => line.includes(`${program.name}.ms [`)));
        terminal.command(`normal! ${lineOf(program.file, '//> ')}Gzt`);
        await terminal.see('the value of a watch', (lines) => lines.some((line) => /\/\/> .*⇒ \S/.test(line)));
        terminal.command('normal! gg');
        await terminal.see('a tier at a function', (lines) => lines.some((line) => TIER.test(line)));
        terminal.command('MiniLiveRun');
        await sees(terminal, program);
      },
    });
  }
  return checks;
}

async function test() {
  console.log(`  (${version})`);
  mkdirSync(workspace);
  writeFileSync(join(folder, 'init.lua'), init);
  for (const program of programs) copyFileSync(program.file, join(workspace, basename(program.file)));
  const terminal = new Terminal();
  let code;
  try {
    terminal.start('mandelbrot.ms');
    await terminal.see('the text of the file', (lines) => lines.some((line) => line.includes('width = 72')), START);
    const picture = async (name) => {
      const path = join(given.out, `${version.replaceAll(/\W+/g, '-')}-${name.replaceAll(/\W+/g, '-')}.txt`);
      writeFileSync(path, terminal.screen());
      return path;
    };
    code = await runChecks(checksOf(terminal), { control, picture });
  } finally {
    await terminal.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  process.exit(code);
}

test().catch((error) => broken(error.stack));
