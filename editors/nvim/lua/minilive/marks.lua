-- Values and tiers as text at the end of the line, for a Neovim without inlay
-- hints. The server sends them by `minilive/values` (changes to a set of items)
-- and `minilive/tiers` (always the whole list).

local M = {}

local values_space = vim.api.nvim_create_namespace 'minilive-values'
local tiers_space = vim.api.nvim_create_namespace 'minilive-tiers'

for group, link in pairs {
  MiniLiveValue = 'Comment',
  MiniLiveStale = 'NonText',
  MiniLiveProblem = 'WarningMsg',
  MiniLiveTier = 'Type',
} do
  vim.cmd(('highlight default link %s %s'):format(group, link))
end

local group_of = { stale = 'MiniLiveStale', pending = 'MiniLiveStale', cut = 'MiniLiveProblem', error = 'MiniLiveProblem', blocked = 'MiniLiveProblem' }

-- The mark of every shown value, by buffer and the server's id for it.
local shown = {}

-- The buffer a message is about, or nothing if it is about another text than the one shown.
local function buffer_of(message)
  local buffer = vim.uri_to_bufnr(message.uri)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return nil
  end
  local version = vim.lsp.util.buf_versions[buffer]
  if message.version and version and message.version ~= version then
    return nil
  end
  return buffer
end

local function set_mark(buffer, space, line, text, group)
  if line >= vim.api.nvim_buf_line_count(buffer) then
    return nil
  end
  return vim.api.nvim_buf_set_extmark(buffer, space, line, 0, {
    virt_text = { { text, group } },
    virt_text_pos = 'eol',
    hl_mode = 'combine',
  })
end

--- Takes a `minilive/values` message.
function M.values(message)
  local buffer = buffer_of(message)
  if not buffer then
    return
  end
  if message.full or not shown[buffer] then
    vim.api.nvim_buf_clear_namespace(buffer, values_space, 0, -1)
    shown[buffer] = {}
  end
  local marks = shown[buffer]
  local function forget(id)
    if marks[id] then
      vim.api.nvim_buf_del_extmark(buffer, values_space, marks[id])
      marks[id] = nil
    end
  end
  for _, id in ipairs(message.removed or {}) do
    forget(id)
  end
  for _, item in ipairs(message.items or {}) do
    forget(item.id)
    local group = group_of[item.state] or 'MiniLiveValue'
    marks[item.id] = set_mark(buffer, values_space, item.range['end'].line, item.text, group)
  end
end

--- Takes a `minilive/tiers` message.
function M.tiers(message)
  local buffer = buffer_of(message)
  if not buffer then
    return
  end
  vim.api.nvim_buf_clear_namespace(buffer, tiers_space, 0, -1)
  for _, func in ipairs(message.functions or {}) do
    set_mark(buffer, tiers_space, func.range.start.line, func.text, 'MiniLiveTier')
  end
end

return M
