-- MiniLive in Neovim: the set-up and what the user's commands do.
--
--   require('minilive').setup { cmd = { 'minilive', 'lsp' } }
--
-- Everything comes from the language server. Where Neovim draws inlay hints
-- (0.10 and later) values and tiers are such hints; older versions get them as
-- text at the end of the line, see marks.lua.

local client = require 'minilive.client'
local output = require 'minilive.output'

local M = {}

M.defaults = {
  -- The server and its arguments.
  cmd = { 'minilive', 'lsp' },
  -- What code may do at the start: 'off', 'interpretOnly' or 'full'. Nothing:
  -- the server decides, and :MiniLiveTrust grants the rest.
  trust = nil,
  -- The section `minilive` of the server's settings.
  settings = {},
  -- Turn on inlay hints and code lenses in MiniScript buffers.
  hints = true,
  lenses = true,
  -- Lines of the output window.
  output_height = 12,
}

local options = vim.deepcopy(M.defaults)

--- Sets MiniLive up; every MiniScript buffer from now on, and those open already, gets the server.
function M.setup(user)
  options = vim.tbl_deep_extend('force', vim.deepcopy(M.defaults), user or {})
  output.height = options.output_height
  vim.cmd 'runtime! ftdetect/miniscript.lua'
  local group = vim.api.nvim_create_augroup('minilive', { clear = true })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'miniscript',
    callback = function(event)
      client.start(event.buf, options)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_option(buffer, 'filetype') == 'miniscript' then
      client.start(buffer, options)
    end
  end
end

--- The options in force.
function M.options()
  return options
end

--- Runs the file of the current buffer; its output appears in a window below.
function M.run()
  client.execute('minilive.run', client.document_arguments())
end

--- Stops what the file of the current buffer is running.
function M.stop()
  client.execute('minilive.stop', client.document_arguments())
end

--- Trusts the folder of the current buffer: its code may do everything when it is run.
function M.trust()
  client.execute('minilive.trust', client.document_arguments())
end

--- Shows the output of the last run.
function M.output()
  output.open()
end

--- One short text for a status line, such as "evaluating".
function M.status()
  return client.status
end

return M
