package connect

import (
	"errors"

	"qunluo/internal/community"
)

// trouble is an error that tells an operator what happened and what to do, in Chinese and English.
type trouble struct {
	code community.Code
	say  [2]string
}

// Trouble makes an error with a code whose text an operator reads, in Chinese and English. Neither may hold a secret.
func Trouble(code community.Code, zh, en string) error { return &trouble{code, [2]string{zh, en}} }

// Error is the English text.
func (t *trouble) Error() string { return t.say[1] }

// As gives the code to community.CodeOf.
func (t *trouble) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: t.code, Msg: t.say[1]}
	}
	return ok
}

// Say is the text in both languages.
func (t *trouble) Say() [2]string { return t.say }

// SayOf is what an error tells an operator, in Chinese and English, where it has words of its own for it (a method Say);
// empty otherwise.
func SayOf(err error) [2]string {
	var said interface{ Say() [2]string }
	if errors.As(err, &said) {
		return said.Say()
	}
	return [2]string{}
}
