#!/bin/bash
# install-code-server.sh VERSION DEST: VS Code's server and web workbench from
# npm, as DEST/node_modules/.bin/code-server. Its own install script wants
# downloads and builds that a test has no use for, so the needed steps stand here.
set -eu
version=$1
mkdir -p "$2"
cd "$2"
[ -f package.json ] || echo '{"private":true}' > package.json
quiet=(--no-audit --no-fund --loglevel=error)
npm install --no-save --ignore-scripts "${quiet[@]}" "code-server@$version"
cs=node_modules/code-server

# Dependencies of the server and of its built-in extensions.
for part in lib/vscode lib/vscode/extensions; do
  (cd "$cs/$part" && npm install --omit=dev --ignore-scripts "${quiet[@]}")
done
# The links that the skipped script would have made.
(cd "$cs/lib/vscode" && ln -sfn node_modules node_modules.asar)
(cd "$cs/lib/vscode/bin/remote-cli" && ln -sf code-linux.sh code-server)
(cd "$cs/lib/vscode/bin/helpers" && ln -sf browser-linux.sh browser.sh)

# Password hashing is not used: a stand-in saves a compilation.
for part in node_modules/argon2 $cs/node_modules/argon2; do
  [ -d "$part" ] || continue
  main=$(node -p "require('./$part/package.json').main")
  echo 'module.exports={argon2id:2,hash:async()=>"",verify:async()=>false,needsRehash:()=>false};' > "$part/$main"
done
# Output panels are written through this logger: without it they stay empty.
# The headers come from the Node that runs, not from the network.
npm_config_nodedir=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
export npm_config_nodedir
(cd "$cs/lib/vscode" && npm rebuild --loglevel=error @vscode/spdlog)
test -f "$cs/lib/vscode/node_modules/@vscode/spdlog/build/Release/spdlog.node"

node_modules/.bin/code-server --version
