#!/bin/bash
# install-neovim.sh SUITE DEST: a newer Neovim beside the system's, as DEST/nvim.
# Takes it, with every library it needs, from another suite of the package
# source that this machine uses already, and installs nothing into the system.
set -eu
suite=$1
mkdir -p "$2"
dest=$(cd "$2" && pwd)
state=$dest/.apt
root=$dest/root
rm -rf "$state" "$root" "$dest/nvim"
mkdir -p "$state"/{etc,lists/partial,cache/archives/partial,state} "$root"
: > "$state/state/status" # an empty list of installed packages: every dependency comes along

eval "$(apt-config shell PARTS Dir::Etc::sourceparts/d)"
awk 'BEGIN{RS="";ORS="\n\n"} NR==1' "$PARTS/debian.sources" | sed "s/^Suites:.*/Suites: $suite/" > "$state/etc/x.sources"
apt=(apt-get -qq
  -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$state/etc"
  -o "Dir::State=$state/state" -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/state/status"
  -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=$(id -un)" -o Debug::NoLocking=1)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends --download-only neovim
for package in "$state"/cache/archives/*.deb; do dpkg -x "$package" "$root"; done

# The binary itself must name the loader and the libraries: its own child (the
# process behind the terminal interface) is started by its path.
lib=$root/usr/lib/$(uname -m)-linux-gnu
loader=$(find "$lib" -maxdepth 1 -name 'ld-linux*.so*' | head -1)
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$lib" "$root/usr/bin/nvim"
cat > "$dest/nvim" <<X
#!/bin/sh
export VIMRUNTIME=$root/usr/share/nvim/runtime
export LUA_PATH="$root/usr/share/lua/5.1/?.lua;$root/usr/share/lua/5.1/?/init.lua;;"
export LUA_CPATH="$lib/lua/5.1/?.so;;"
exec $root/usr/bin/nvim "\$@"
X
chmod +x "$dest/nvim"
rm -rf "$state"
"$dest/nvim" --version | head -1
