-- The commands, there before setup so that completion knows them.

if vim.g.loaded_minilive then
  return
end
vim.g.loaded_minilive = true

local function command(name, method, desc)
  vim.api.nvim_create_user_command(name, function()
    require('minilive')[method]()
  end, { desc = desc })
end

command('MiniLiveRun', 'run', 'Run this MiniScript file')
command('MiniLiveStop', 'stop', 'Stop what this MiniScript file is running')
command('MiniLiveTrust', 'trust', 'Trust the folder of this MiniScript file')
command('MiniLiveOutput', 'output', 'Show the output of the last MiniScript run')
