package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/scan"
	"qunluo/internal/store"
)

// Bounds of reading pictures.
const (
	readersMost = 2    // children at a time
	readTries   = 4    // how often a picture that cannot be had now is asked for
	readAgain   = 1500 // ms until a place is looked for again
	readUntil   = 3600_000
)

// IsReader says whether the program was started by a server to read one picture.
func IsReader(args []string) bool { return len(args) == 2 && args[1] == scan.Verb }

// ReadOne reads the picture that stands in the input, says what it found and gives the exit status.
func ReadOne() int { return scan.Serve(os.Stdin, os.Stdout) }

// newScanner reads pictures by our own program, unless the command of another is given.
func newScanner(command []string) (*scan.Reader, error) {
	if command == nil {
		self, err := os.Executable()
		if err != nil && filepath.IsAbs(os.Args[0]) { // an empty root has no /proc to look into
			self, err = os.Args[0], nil
		}
		if err != nil {
			return nil, err
		}
		command = []string{self, scan.Verb}
	}
	return scan.NewReader(command, readersMost), nil
}

// readPictures reads the QR codes in a message's pictures and hands in what it found as an event: deciding goes on from
// there. What cannot be read is noted in the same way; where there was nothing to find, nothing is.
func (a *App) readPictures(ctx context.Context, j store.Job) error {
	number, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return err
	}
	ev, err := a.store.EventAt(ctx, number)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	last := j.Attempts >= readTries || a.millis()-ev.ReceivedAt > readUntil
	found := &found{}
	for _, part := range ev.Body.Pictures() {
		texts, err := a.readPicture(ctx, &ev, part)
		switch code := community.CodeOf(err); {
		case err == nil:
			for _, text := range texts {
				found.add(part, community.ReadQR, text)
			}
		case errors.Is(err, scan.ErrNoPlace):
			return &engine.Wait{Until: a.millis() + readAgain, Why: err.Error()}
		case passing(code) && !last:
			return fmt.Errorf("picture %d of message %d: %w", part, number, err)
		default:
			found.reading.Parts = append(found.reading.Parts, community.ReadPart{Part: part, Code: code})
		}
	}
	if len(found.reading.Parts) == 0 {
		return nil
	}
	_, err = a.handReading(ctx, &ev, found, "read:"+j.Key, nil)
	return err
}

// passing reports whether a picture that could not be had or read may be had later.
func passing(code community.Code) bool {
	switch code {
	case community.CodeUnreachable, community.CodeBusy, community.CodeLimited, community.CodeInternal:
		return true
	}
	return false
}

func (a *App) readPicture(ctx context.Context, ev *community.Event, part int) ([]string, error) {
	f, err := a.shelf.Picture(ctx, ev.Account, a.wires.session(ev.Account), ev.Body.Segments[part])
	if err != nil {
		return nil, err
	}
	return a.scanner.Read(ctx, f.Data)
}

// found is what was read, on its way to an event.
type found struct {
	text    strings.Builder
	reading community.Reading
}

// add puts a text on a line of its own; what is beyond the bounds is left out and said so.
func (f *found) add(part int, kind, text string) {
	if len(f.reading.Parts) >= community.MaxReadParts || f.text.Len()+len(text)+1 > community.MaxText {
		f.reading.Cut = true
		return
	}
	if f.text.Len() > 0 {
		f.text.WriteByte('\n')
	}
	start := f.text.Len()
	f.text.WriteString(text)
	f.reading.Parts = append(f.reading.Parts, community.ReadPart{Part: part, Kind: kind, Span: community.Span{Start: start, End: f.text.Len()}})
}

// handReading hands in what was read in the pictures of a message. What an unofficial gateway told, and what an outside
// reader says, is no proof of its own.
func (a *App) handReading(ctx context.Context, ev *community.Event, f *found, key string, audit *community.Audit) (engine.Outcome, error) {
	f.reading.Event = ev.Number
	data, err := json.Marshal(f.reading)
	if err != nil {
		return engine.Outcome{}, err
	}
	b := &ev.Body
	out, err := a.engine.Apply(ctx, community.Inbound{
		Type: community.MediaRead, GroupKey: ev.Group, Key: key, ActorKey: ev.Actor, Audit: audit,
		Unofficial: ev.Origin == community.OriginUnofficial || f.reading.By != "",
		Body:       community.Body{Text: f.text.String(), Message: b.Message, Name: b.Name, Card: b.Card, Data: data},
	})
	if err != nil {
		return engine.Outcome{}, err
	}
	return out[0], nil
}

// Read takes in what an outside reader read in the pictures of a message of the bot's groups. Errors: CodeNotFound, the
// message is not there; CodeBadInput, it holds no picture.
func (g *guests) Read(ctx context.Context, b community.Bot, number int64, text string) (int64, error) {
	ev, err := g.app.store.BotEvent(ctx, &b, number)
	if err != nil {
		return 0, err
	}
	if ev.Type != community.MessageCreated && ev.Type != community.MessageEdited {
		return 0, community.Errorf(community.CodeNotFound, "event %d is no message", number)
	}
	if ev.Origin == community.OriginImport || len(ev.Body.Pictures()) == 0 {
		return 0, community.Errorf(community.CodeBadInput, "message %d has no picture that can be judged", number)
	}
	f := &found{reading: community.Reading{By: b.Name}}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			f.add(ev.Body.Pictures()[0], community.ReadText, line)
		}
	}
	audit := community.Audit{Org: b.Org, User: botUser(b), Verb: "hook.reading", Subject: subjectOf("event", number)}
	out, err := g.app.handReading(ctx, &ev, f, fmt.Sprintf("read:%d:%s", number, b.ID), &audit)
	return out.Number, err
}
