package community

import (
	"errors"
	"fmt"
)

// Code names an error for programs and for the catalogue of messages; people read the catalogue's words.
type Code string

// Codes.
const (
	CodeNone        Code = ""
	CodeInternal    Code = "internal"
	CodeBadInput    Code = "bad_input"
	CodeTooLarge    Code = "too_large"
	CodeNotFound    Code = "not_found"
	CodeConflict    Code = "conflict"
	CodeForbidden   Code = "forbidden"
	CodeUnsupported Code = "unsupported" // the platform cannot do this
	CodeRefused     Code = "refused"     // the platform said no
	CodeUnreachable Code = "unreachable" // nobody answered
	CodeTimeout     Code = "timeout"     // sent, no answer: outcome unknown
	CodeLimited     Code = "limited"     // too often: try later
	CodePrivate     Code = "private_chat"
	CodeBusy        Code = "busy" // the store is locked or full
	CodeFrozen      Code = "frozen"
	CodeLate        Code = "late"       // the deadline passed
	CodeRestricted  Code = "restricted" // the platform holds our account back: nothing more is done with it until a person says so
	CodeClock       Code = "clock"      // their clock and ours differ too much
)

// Error carries a code and what the message for a person needs.
type Error struct {
	Code Code
	Msg  string // for the operator's log, English
	Err  error
}

// Error is the chain.
func (e *Error) Error() string { return e.Msg }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a code.
func Errorf(code Code, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Msg: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf finds the code in a chain; CodeInternal when there is none, CodeNone for nil.
func CodeOf(err error) Code {
	if err == nil {
		return CodeNone
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
