-- The output of runs, in a scratch buffer below the other windows.

local M = { height = 12 }

local buffer

local function is_open()
  return buffer ~= nil and vim.fn.bufwinid(buffer) ~= -1
end

local function make()
  if buffer and vim.api.nvim_buf_is_valid(buffer) then
    if vim.api.nvim_buf_is_loaded(buffer) then
      return
    end
    vim.api.nvim_buf_delete(buffer, { force = true })
  end
  buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buffer, 'minilive://output')
  vim.api.nvim_buf_set_option(buffer, 'bufhidden', 'hide')
end

--- Opens the window without moving the cursor into it.
function M.open()
  make()
  if is_open() then
    return
  end
  local here = vim.api.nvim_get_current_win()
  vim.cmd('botright ' .. M.height .. 'split')
  vim.api.nvim_win_set_buf(0, buffer)
  vim.wo.number = false
  vim.wo.relativenumber = false
  vim.wo.winfixheight = true
  vim.api.nvim_set_current_win(here)
end

-- Output comes in pieces that need not end at a line end: the last line of the
-- buffer is always the unfinished one.
local function append(text)
  local lines = vim.split(text, '\n', { plain = true })
  local last = vim.api.nvim_buf_line_count(buffer) - 1
  local unfinished = vim.api.nvim_buf_get_lines(buffer, last, last + 1, false)[1] or ''
  lines[1] = unfinished .. lines[1]
  vim.api.nvim_buf_set_lines(buffer, last, last + 1, false, lines)
  local window = vim.fn.bufwinid(buffer)
  if window ~= -1 then
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buffer), 0 })
  end
end

local function line(text)
  if text == '' then
    return
  end
  local last = vim.api.nvim_buf_get_lines(buffer, -2, -1, false)[1] or ''
  append((last ~= '' and '\n' or '') .. text:gsub('\n$', '') .. '\n')
end

--- Takes a `minilive/output` message.
function M.show(message)
  make()
  local text = message.text or ''
  if message.kind == 'start' then
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { '' })
    M.open()
    line(text)
  elseif message.kind == 'out' then
    append(text)
  else
    line(text)
  end
end

return M
