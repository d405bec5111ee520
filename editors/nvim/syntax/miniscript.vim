" Highlighting of MiniScript.
if exists('b:current_syntax')
  finish
endif

syntax keyword miniscriptConditional if then else
syntax keyword miniscriptRepeat while for in
syntax keyword miniscriptStatement break continue return end
syntax keyword miniscriptFunction function
syntax keyword miniscriptOperator and or not isa new
syntax keyword miniscriptSpecial self super locals outer globals
syntax keyword miniscriptConstant true false null
syntax match miniscriptNumber /\<\d\+\%(\.\d*\)\?\%([eE][-+]\?\d\+\)\?/
syntax region miniscriptString start=/"/ skip=/""/ end=/"/
syntax match miniscriptName /\<\h\w*\ze\s*=\s*function\>/
syntax match miniscriptMember /\.\s*\h\w*/ transparent contains=NONE
syntax match miniscriptComment /\/\/.*$/ contains=@Spell
syntax match miniscriptMarker /\/\/\%([>@=?]\|\s*minilive:\).*$/

highlight default link miniscriptConditional Conditional
highlight default link miniscriptRepeat Repeat
highlight default link miniscriptStatement Statement
highlight default link miniscriptFunction Keyword
highlight default link miniscriptOperator Operator
highlight default link miniscriptSpecial Special
highlight default link miniscriptConstant Constant
highlight default link miniscriptNumber Number
highlight default link miniscriptString String
highlight default link miniscriptName Function
highlight default link miniscriptComment Comment
highlight default link miniscriptMarker SpecialComment

let b:current_syntax = 'miniscript'
