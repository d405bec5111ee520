-- The language client, for the three generations of Neovim's interface to it:
-- 0.7 (`start_client`), 0.10 (`start`, inlay hints), 0.12 (lenses by `enable`).

local marks = require 'minilive.marks'
local output = require 'minilive.output'

local M = { status = '' }

local has_hints = vim.lsp.inlay_hint ~= nil
local NAME = 'minilive'

-- Clients of Neovim 0.7 by root folder; later versions find their own.
local by_root = {}

local function root_of(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local git = vim.fn.finddir('.git', vim.fn.escape(folder, ' ') .. ';')
  return git ~= '' and vim.fn.fnamemodify(git, ':p:h:h') or folder
end

local function each_client(buffer, action)
  if vim.lsp.get_clients then
    for _, client in ipairs(vim.lsp.get_clients { bufnr = buffer, name = NAME }) do
      action(client)
    end
    return
  end
  for _, client in pairs(vim.lsp.buf_get_clients(buffer)) do
    if client.name == NAME then
      action(client)
    end
  end
end

local function request(client, method, params, handler, buffer)
  if vim.fn.has 'nvim-0.11' == 1 then
    return client:request(method, params, handler, buffer)
  end
  return client.request(method, params, handler, buffer)
end

local function refresh_lenses(buffer)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  if vim.lsp.codelens.enable then
    return -- 0.12 keeps them fresh by itself
  end
  if vim.fn.has 'nvim-0.10' == 1 then
    vim.lsp.codelens.refresh { bufnr = buffer }
  else
    vim.api.nvim_buf_call(buffer, vim.lsp.codelens.refresh)
  end
end

local function lens_buffers(id)
  local found = {}
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.lsp.buf_is_attached(buffer, id) then
      found[#found + 1] = buffer
    end
  end
  return found
end

-- Neovim draws new hints only where the text has changed (0.10), or where it did
-- not happen to redraw while waiting for the answer (0.12), but values change
-- while the text stays. Switching hints off and on makes it forget what it drew;
-- that asks the server once more, and the answer to this second question is
-- taken as it comes.
local function redrawing_hints()
  local asked_again = {}
  return function(err, result, context, config)
    local buffer = context.bufnr
    if asked_again[buffer] then
      asked_again[buffer] = nil
    elseif not err and vim.lsp.inlay_hint.is_enabled { bufnr = buffer } then
      asked_again[buffer] = true
      vim.lsp.inlay_hint.enable(false, { bufnr = buffer })
      vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
    end
    return vim.lsp.handlers['textDocument/inlayHint'](err, result, context, config)
  end
end

local function handlers(options)
  local found = {
    ['minilive/output'] = function(_, message)
      output.show(message)
    end,
    ['minilive/status'] = function(_, message)
      M.status = message.text and message.text ~= '' and message.text or message.state
      vim.cmd 'redrawstatus'
    end,
    ['minilive/values'] = function(_, message)
      marks.values(message)
    end,
    ['minilive/tiers'] = function(_, message)
      marks.tiers(message)
    end,
  }
  if has_hints then
    found['textDocument/inlayHint'] = redrawing_hints()
  end
  if not vim.lsp.codelens.enable then
    found['workspace/codeLens/refresh'] = function(_, _, context)
      if options.lenses then
        for _, buffer in ipairs(lens_buffers(context.client_id)) do
          refresh_lenses(buffer)
        end
      end
      return vim.NIL
    end
  end
  return found
end

local function capabilities()
  local made = vim.lsp.protocol.make_client_capabilities()
  made.workspace = made.workspace or {}
  made.workspace.codeLens = { refreshSupport = true }
  made.experimental = vim.tbl_extend('force', made.experimental or {}, {
    minilive = { values = not has_hints, tiers = not has_hints, output = true, status = true, trust = true },
  })
  return made
end

local function attached(options, buffer)
  if options.hints and has_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  if not options.lenses then
    return
  end
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = buffer })
    return
  end
  local group = vim.api.nvim_create_augroup('minilive-lenses-' .. buffer, { clear = true })
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
    group = group,
    buffer = buffer,
    callback = function()
      refresh_lenses(buffer)
    end,
  })
  -- Neovim 0.7 attaches before the server has seen the text.
  vim.schedule(function()
    refresh_lenses(buffer)
  end)
end

-- The page about the codes of diagnostics, where the plugin lies in its repository.
local function page()
  local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h:h:h:h')
  local file = plugin .. '/docs/diagnostics.md'
  return vim.fn.filereadable(file) == 1 and vim.uri_from_fname(file) or nil
end

local function config(options, buffer)
  return {
    name = NAME,
    cmd = options.cmd,
    root_dir = root_of(buffer),
    init_options = { trust = options.trust, docs = page(), minilive = options.settings },
    settings = { minilive = options.settings },
    capabilities = capabilities(),
    handlers = handlers(options),
    on_attach = function(_, attached_buffer)
      attached(options, attached_buffer)
    end,
  }
end

--- Gives the buffer its server, starting one for its root folder if there is none yet.
function M.start(buffer, options)
  if vim.fn.executable(options.cmd[1]) == 0 then
    local advice = 'build it with "cargo install --path server", or name it: setup { cmd = { "/path/to/minilive", "lsp" } }'
    vim.schedule(function()
      vim.notify_once(('MiniLive: there is no program "%s"; %s'):format(options.cmd[1], advice), vim.log.levels.ERROR)
    end)
    return
  end
  local wanted = config(options, buffer)
  if vim.lsp.start then
    vim.lsp.start(wanted, { bufnr = buffer })
    return
  end
  local id = by_root[wanted.root_dir]
  if not id or vim.lsp.client_is_stopped(id) then
    id = vim.lsp.start_client(wanted)
    by_root[wanted.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

--- How many buffers have the server.
function M.attached()
  local count = 0
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local found = false
    each_client(buffer, function()
      found = true
    end)
    count = count + (found and 1 or 0)
  end
  return count
end

--- The arguments that name the document of the current buffer.
function M.document_arguments()
  local buffer = vim.api.nvim_get_current_buf()
  return { vim.uri_from_bufnr(buffer), vim.lsp.util.buf_versions[buffer] }
end

--- Asks the server of the current buffer to execute a command.
function M.execute(command, arguments)
  local buffer = vim.api.nvim_get_current_buf()
  local asked = false
  each_client(buffer, function(client)
    asked = true
    request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, function(err)
      if err then
        vim.notify('MiniLive: ' .. (err.message or vim.inspect(err)), vim.log.levels.ERROR)
      end
    end, buffer)
  end)
  if not asked then
    vim.notify('MiniLive: no server is attached to this buffer', vim.log.levels.WARN)
  end
end

return M
