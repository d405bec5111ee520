-- Neovim itself takes .ms for something else. The set-up reads this file again,
-- for those whose plugin manager adds MiniLive after file types are set up.

if vim.filetype then
  vim.filetype.add { extension = { ms = 'miniscript' } }
end
vim.api.nvim_create_autocmd({ 'BufNewFile', 'BufRead' }, {
  group = vim.api.nvim_create_augroup('minilive-filetype', { clear = true }),
  pattern = '*.ms',
  callback = function()
    if vim.bo.filetype ~= 'miniscript' then
      vim.bo.filetype = 'miniscript'
    end
  end,
})
