// Finds the server program: the setting, else the first `minilive` on PATH.

import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

/** The part of the settings that says how to start the server. */
export interface ServerSettings {
  path: string;
  arguments: string[];
}

/** There is no server to start; the message says where it was looked for. */
export class ServerNotFound extends Error {}

/** Reads the settings below `minilive.server`. */
export function serverSettings(): ServerSettings {
  const section = vscode.workspace.getConfiguration('minilive.server');
  return { path: section.get('path', ''), arguments: section.get('arguments', ['lsp']) };
}

/** The full path of the program to start; throws `ServerNotFound`. */
export function locateServer(setting: string): string {
  const wanted = setting.trim();
  if (wanted === '') return onPath();
  const path = wanted.startsWith('~/') ? join(homedir(), wanted.slice(2)) : wanted;
  if (!isAbsolute(path)) {
    throw new ServerNotFound(`the setting minilive.server.path must be an absolute path, not "${wanted}".`);
  }
  if (!isProgram(path)) {
    throw new ServerNotFound(`the setting minilive.server.path names ${path}, which is no program.`);
  }
  return path;
}

function onPath(): string {
  const name = process.platform === 'win32' ? 'minilive.exe' : 'minilive';
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    // A relative entry of PATH would pick a program out of the opened folder.
    if (isAbsolute(folder) && isProgram(path)) return path;
  }
  throw new ServerNotFound(
    `there is no program "${name}" on PATH. Build it with "cargo install --path server" or set minilive.server.path.`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
