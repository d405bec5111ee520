// What VS Code runs when the first MiniScript file opens: finds the server,
// starts the client and joins it to the output panel and the status bar. All
// features come from the server; nothing here knows the language.

import * as vscode from 'vscode';
import { State, type LanguageClient } from 'vscode-languageclient/node';
import { makeClient, trustLevel } from './client';
import { OutputPanel, SHOW_OUTPUT, type OutputMessage } from './output';
import { locateServer, ServerNotFound, serverSettings } from './server';
import { StatusItem, type StatusMessage } from './status';

let session: Session | undefined;

/** Entry point of the extension. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  session = new Session(vscode.Uri.joinPath(context.extensionUri, 'dist', 'diagnostics.md'));
  context.subscriptions.push(
    session,
    vscode.commands.registerCommand(SHOW_OUTPUT, () => session?.showOutput()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => session?.trustChanged()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('minilive.server')) void session?.restart();
      if (change.affectsConfiguration('minilive.trust')) void session?.trustChanged();
    }),
  );
  await session.start();
}

/** Called by VS Code when it ends: the server is told to shut down. */
export async function deactivate(): Promise<void> {
  await session?.stop();
  session = undefined;
}

/** One running server with what it feeds. */
class Session implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly output = new OutputPanel();
  private readonly status = new StatusItem();

  /** `docs` is the page about the codes of diagnostics, which comes with the extension. */
  constructor(private readonly docs: vscode.Uri) {}

  async start(): Promise<void> {
    const settings = serverSettings();
    let program: string;
    try {
      program = locateServer(settings.path);
    } catch (error) {
      await this.complain(error);
      return;
    }
    const client = makeClient(program, settings.arguments, this.docs);
    this.client = client;
    client.onNotification('minilive/output', (message: OutputMessage) => this.output.show(message));
    client.onNotification('minilive/status', (message: StatusMessage) => this.status.show(message));
    client.onDidChangeState((change) => {
      if (change.newState === State.Stopped) this.status.stopped();
    });
    this.status.starting();
    try {
      await client.start();
      this.status.ready();
    } catch (error) {
      await this.complain(error);
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A server that never answered cannot be asked to stop: it is dropped, and
    // its process ends with its input pipe.
    if (client?.isRunning()) await client.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  showOutput(): void {
    this.output.reveal();
  }

  async trustChanged(): Promise<void> {
    if (this.client?.isRunning()) {
      await this.client.sendNotification('minilive/didChangeTrust', { trust: trustLevel() });
    }
  }

  private async complain(error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error);
    this.status.failed(text);
    const choices = error instanceof ServerNotFound ? ['Open Settings'] : [];
    const choice = await vscode.window.showErrorMessage(`MiniLive: ${text}`, ...choices);
    if (choice) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'minilive.server.path');
    }
  }

  dispose(): void {
    this.output.dispose();
    this.status.dispose();
  }
}
