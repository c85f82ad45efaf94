// Package lexicon knows what a text contains: phrases however they are disguised, links, ways of contact, and the terms
// a search looks for.
//
// Everything here is a function of its arguments. Positions are byte offsets into the text as it was given
// ([community.Span]), never into a normalised copy: no copy is made. Two runes are the same when [Fold] says so: width
// (Ａ, A), case (a, A), and compatibility forms of one rune (①, ⓥ, 𝐯, ⼈) are free of charge, because the matcher's
// table gives them one class.
package lexicon
