// The language client: which files it watches over, what it tells the server
// at the start, and the default argument of commands from the palette.

import * as vscode from 'vscode';
import {
  LanguageClient,
  type ClientCapabilities,
  type LanguageClientOptions,
  type ServerOptions,
  type StaticFeature,
} from 'vscode-languageclient/node';

/** How far the server may trust the code of this window: DESIGN calls it the trust level. */
export type Trust = 'off' | 'interpretOnly' | 'full';

/** The trust level of this window now. */
export function trustLevel(): Trust {
  if (vscode.workspace.isTrusted) return 'full';
  return vscode.workspace.getConfiguration('minilive').get<Trust>('trust.untrusted', 'interpretOnly');
}

/** A client for the server at `program`, not yet started; `docs` is the page about the codes of diagnostics. */
export function makeClient(program: string, args: string[], docs: vscode.Uri): LanguageClient {
  const server: ServerOptions = { command: program, args };
  const options: LanguageClientOptions = {
    documentSelector: [{ language: 'miniscript' }],
    outputChannelName: 'MiniLive Server',
    initializationOptions: () => ({
      trust: trustLevel(),
      docs: docs.toString(),
      minilive: vscode.workspace.getConfiguration('minilive'),
    }),
    synchronize: { configurationSection: 'minilive' },
    middleware: {
      // The palette and key bindings give no arguments: they mean the file in front.
      executeCommand: (command, args, next) => next(command, args.length > 0 ? args : activeFile()),
    },
  };
  const client = new LanguageClient('minilive', 'MiniLive', server, options);
  client.registerFeature(new Announcement());
  return client;
}

function activeFile(): unknown[] {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== 'miniscript') return [];
  return [document.uri.toString(), document.version];
}

/** Tells the server which of its own notifications this client understands. */
class Announcement implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const experimental = (capabilities.experimental ?? {}) as Record<string, unknown>;
    // Values and tiers reach VS Code as inlay hints, so neither is pushed.
    experimental.minilive = { values: false, tiers: false, output: true, status: true, trust: true };
    capabilities.experimental = experimental;
  }
  initialize(): void {}
  getState(): { kind: 'static' } {
    return { kind: 'static' };
  }
  clear(): void {}
}
