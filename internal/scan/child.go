package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"time"

	"qunluo/internal/community"
)

// Verb is the program's argument that makes it read one picture from its input, write an answer and end. It is no verb for
// people.
const Verb = "read-picture"

// Bounds of the child.
const (
	childMemory  = 512 << 20 // bytes beside what the runtime reserves when it starts
	childSeconds = 5         // of processor time
	childWall    = 10 * time.Second
	maxAnswer    = 256 << 10
)

// answer is what the child says.
type answer struct {
	Texts []string       `json:"texts,omitempty"`
	Code  community.Code `json:"code,omitempty"`
	Why   string         `json:"why,omitempty"`
}

// Serve is the child: it takes its rights away, reads a picture and writes what it found. The result is its exit status.
func Serve(in io.Reader, out io.Writer) int {
	if err := confine(); err != nil {
		return say(out, answer{Code: community.CodeUnsupported, Why: err.Error()})
	}
	debug.SetMemoryLimit(childMemory * 3 / 4)
	data, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return say(out, answer{Code: community.CodeBadInput, Why: "its input broke off"})
	}
	return say(out, judged(data))
}

func judged(data []byte) (a answer) {
	defer func() {
		if p := recover(); p != nil { // a decoder met what its authors did not think of
			a = answer{Code: community.CodeBadInput, Why: fmt.Sprint("the decoder gave up: ", p)}
		}
	}()
	texts, err := Read(data)
	if err != nil {
		return answer{Code: community.CodeOf(err), Why: err.Error()}
	}
	return answer{Texts: texts}
}

func say(out io.Writer, a answer) int {
	if json.NewEncoder(out).Encode(a) != nil {
		return 1
	}
	return 0
}

// Reader reads pictures in child processes, a few at a time.
type Reader struct {
	command []string
	places  chan struct{}
}

// NewReader makes a reader whose children are started by a command; at most so many run at a time.
func NewReader(command []string, most int) *Reader {
	return &Reader{command: command, places: make(chan struct{}, most)}
}

// ErrNoPlace says that as many children run as may.
var ErrNoPlace = errors.New("as many pictures are being read as may be")

// Read finds the texts of a picture's QR codes. Codes as [Examine]; CodeTimeout: it took too long; CodeTooLarge also when
// the child ran out of memory. ErrNoPlace: ask again soon.
func (r *Reader) Read(ctx context.Context, data []byte) ([]string, error) {
	if err := Examine(data); err != nil {
		return nil, err
	}
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	default:
		return nil, ErrNoPlace
	}
	ctx, stop := context.WithTimeout(ctx, childWall)
	defer stop()
	cmd := exec.CommandContext(ctx, r.command[0], r.command[1:]...)
	cmd.Env = environment()
	cmd.Stdin = bytes.NewReader(data)
	var out bounded
	cmd.Stdout = &out
	err := cmd.Run()
	var a answer
	switch {
	case ctx.Err() != nil:
		return nil, community.Errorf(community.CodeTimeout, "picture: reading took longer than %s", childWall)
	case outOfTime(cmd.ProcessState):
		return nil, community.Errorf(community.CodeTimeout, "picture: reading took longer than %d s", childSeconds)
	case err != nil && cmd.ProcessState == nil:
		return nil, community.Errorf(community.CodeBusy, "picture: start its reader: %w", err)
	case err != nil:
		return nil, community.Errorf(community.CodeTooLarge, "picture: its reader died: %w", err)
	}
	if err := json.Unmarshal(out.data, &a); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: its reader said what nobody understands")
	}
	if a.Code != community.CodeNone {
		return nil, community.Errorf(a.Code, "picture: %s", a.Why)
	}
	return a.Texts, nil
}

// environment is what a child knows of ours: nothing but that it has one processor. No secret is in it.
func environment() []string {
	env := []string{"GOMAXPROCS=1"}
	if root := os.Getenv("SystemRoot"); root != "" { // Windows starts no program without it
		env = append(env, "SystemRoot="+root)
	}
	return env
}

// bounded takes the beginning of what a child says.
type bounded struct{ data []byte }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxAnswer - len(b.data); room > 0 {
		b.data = append(b.data, p[:min(room, len(p))]...)
	}
	return len(p), nil
}
