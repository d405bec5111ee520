-- `:checkhealth minilive`: whether the server can be started and what this Neovim can show.

local M = {}

-- Neovim 0.10 and later name these functions without `report_`.
local health = vim.health or require 'health'
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local info = health.info or health.report_info
local warn = health.warn or health.report_warn
local complain = health.error or health.report_error

local function check_server(program)
  if vim.fn.executable(program) == 0 then
    complain(('there is no program "%s"'):format(program), {
      'Build it with "cargo install --path server" in a clone of MiniLive.',
      "Or name it: require('minilive').setup { cmd = { '/path/to/minilive', 'lsp' } }",
    })
    return
  end
  local version = vim.trim(vim.fn.system { program, '--version' })
  if vim.v.shell_error == 0 and version:match '^minilive ' then
    ok(('%s: %s'):format(vim.fn.exepath(program), version))
  else
    complain(('%s does not say its version: %s'):format(vim.fn.exepath(program), version))
  end
end

--- What `:checkhealth minilive` calls.
function M.check()
  start 'MiniLive'
  if vim.fn.has 'nvim-0.7' == 0 then
    complain 'Neovim 0.7 or later is needed'
  elseif vim.lsp.inlay_hint then
    ok 'values and tiers are shown as inlay hints'
  else
    info 'this Neovim has no inlay hints: values and tiers are shown as text at line ends'
  end
  check_server(require('minilive').options().cmd[1])
  local attached = require('minilive.client').attached()
  if attached > 0 then
    ok(('the server is attached to %d buffer%s'):format(attached, attached == 1 and '' or 's'))
  else
    warn('the server is attached to no buffer', { "Open a .ms file after require('minilive').setup {}." })
  end
end

return M
