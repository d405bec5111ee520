-- Indentation by the words that open and close blocks.

if vim.b.did_indent then
  return
end
vim.b.did_indent = true

local function without_comment(line)
  return (line:gsub('"[^"]*"', '""'):gsub('//.*$', ''))
end

local function opens(line)
  local text = without_comment(line)
  return text:match '^%s*while%f[%W]' ~= nil
    or text:match '^%s*for%f[%W]' ~= nil
    or text:match '^%s*else%s*$' ~= nil
    or (text:match '%f[%w]if%f[%W]' ~= nil and text:match '%f[%w]then%s*$' ~= nil)
    or (text:match '%f[%w]function%s*$' ~= nil and text:match '%f[%w]end%s+function%s*$' == nil)
    or text:match '%f[%w]function%s*%([^()]*%)%s*$' ~= nil
end

local function closes(line)
  return line:match '^%s*end%f[%W]' ~= nil or line:match '^%s*else%f[%W]' ~= nil
end

-- A line that ends like this goes on in the next one.
local function continues(line)
  local text = without_comment(line):gsub('%s+$', '')
  return text:match '[,([{:=+%-*/%%^<>]$' ~= nil
    or text:match '%f[%w]and$' ~= nil
    or text:match '%f[%w]or$' ~= nil
    or text:match '%f[%w]isa$' ~= nil
end

function _G.MiniLiveIndent(number)
  local above = vim.fn.prevnonblank(number - 1)
  if above == 0 then
    return 0
  end
  local first = above
  while first > 1 and continues(vim.fn.getline(first - 1)) do
    first = first - 1
  end
  local indent = vim.fn.indent(first)
  if opens(vim.fn.getline(above)) or continues(vim.fn.getline(above)) then
    indent = indent + vim.fn.shiftwidth()
  end
  if closes(vim.fn.getline(number)) then
    indent = indent - vim.fn.shiftwidth()
  end
  return math.max(indent, 0)
end

vim.bo.indentexpr = 'v:lua.MiniLiveIndent(v:lnum)'
vim.bo.indentkeys = '!^F,o,O,=end,=else'
vim.b.undo_indent = 'setlocal indentexpr< indentkeys<'
