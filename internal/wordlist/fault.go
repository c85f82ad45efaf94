package wordlist

import "qunluo/internal/community"

// fault is an error with a sentence for people.
type fault struct {
	code community.Code
	say  [2]string
}

// Fault makes an error with a code and a sentence, Chinese and English.
func Fault(code community.Code, zh, en string) error { return &fault{code, [2]string{zh, en}} }

// Error is the English sentence.
func (f *fault) Error() string { return f.say[1] }

// Say is the sentence in both languages.
func (f *fault) Say() [2]string { return f.say }

// As gives the code to community.CodeOf.
func (f *fault) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: f.code, Msg: f.say[1]}
	}
	return ok
}
