if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = true

vim.bo.commentstring = '// %s'
vim.bo.comments = '://'
vim.bo.shiftwidth = 4
vim.bo.expandtab = true
-- Neovim sets it by itself since 0.8.
vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'
vim.b.undo_ftplugin = 'setlocal commentstring< comments< shiftwidth< expandtab< omnifunc<'
