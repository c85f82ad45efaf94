package importer

import (
	"bytes"
	"encoding/json"
	"errors"
)

// chatlabJSON reads ChatLab v0.0.2 as one document, keys in any order.
func chatlabJSON() Format {
	return Format{
		Name:  "chatlab-json",
		Title: [2]string{"ChatLab JSON", "ChatLab JSON"},
		Sniff: func(head []byte, _ string) int {
			top, first := topKeys(head)
			switch {
			case top["_type"]:
				return 0
			case top["chatlab"]:
				return 97
			case first["sender"] && first["timestamp"] && (first["accountName"] || first["content"]):
				return 75
			}
			return 0
		},
		Chats: chatlabJSONChats,
		Read:  readChatlabJSON,
	}
}

// chatlabJSONChats takes the chat's name from meta, wherever it stands.
func chatlabJSONChats(f File) ([]Chat, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var meta labMeta
	w := newWalk(&cleanBOM{r: in})
	_ = w.object(func(key string) error { // what is wrong with the file is said when it is read
		if key != "meta" {
			return w.skip()
		}
		if err := w.metaInto(&meta); err != nil {
			return err
		}
		return errHeard
	})
	return []Chat{meta.chat(f)}, nil
}

// errHeard ends the first pass early: everything needed stood before the messages.
var errHeard = errors.New("heard enough")

func readChatlabJSON(u *Unit, opt Options, facts *Facts, yield Yield) error {
	r := newLabReader(u, opt, facts, yield)
	head, err := r.firstPass(u.Files[0])
	if err != nil {
		return err
	}
	r.header(head)
	in, err := u.Files[0].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	w := newWalk(in)
	if err := w.bom(); err != nil {
		return err
	}
	err = w.object(func(key string) error {
		switch key {
		case "members":
			return w.array(func(i int64) error { return r.memberObject(w, i) })
		case "messages":
			return w.array(func(i int64) error { return r.messageObject(w, i) })
		}
		return w.skip()
	})
	if err != nil {
		return err
	}
	return r.end()
}

// bom takes a byte order mark off.
func (w *walk) bom() error {
	if !w.more() {
		return w.ended()
	}
	w.pos = len(w.buf[:w.end]) - len(trimBOM(w.buf[:w.end]))
	return nil
}

// firstPass reads head and members, wherever they stand; it stops at the messages when it has all of them.
func (r *labReader) firstPass(f File) (labHead, error) {
	var h labHead
	in, err := f.Open()
	if err != nil {
		return h, err
	}
	defer in.Close()
	w := newWalk(in)
	if err := w.bom(); err != nil {
		return h, err
	}
	seen := map[string]bool{}
	err = w.object(func(key string) error {
		seen[key] = true
		switch key {
		case "chatlab":
			return w.into(&h.Chatlab)
		case "meta":
			return w.metaInto(&h.Meta)
		case "x_qunluo":
			return w.into(&h.Own)
		case "members":
			return w.array(func(int64) error { return r.meet(w) })
		case "messages":
			if seen["chatlab"] && seen["meta"] && seen["members"] {
				return errHeard
			}
		}
		return w.skip()
	})
	if errors.Is(err, errHeard) || errors.Is(err, errCut) && seen["messages"] {
		err = nil // a file cut among the messages still has its beginning
	}
	return h, err
}

// into decodes a small value; one that does not fit its shape is left out.
func (w *walk) into(to any) error {
	raw, whole, err := w.capture(64 << 10)
	if err != nil || !whole {
		return err
	}
	_ = json.Unmarshal(raw, to) // what fits is filled in
	return nil
}

// metaInto reads meta key by key: a group's picture may be megabytes long.
func (w *walk) metaInto(m *labMeta) error {
	fields := map[string]*string{"name": &m.Name, "platform": &m.Platform, "type": &m.Type, "groupId": &m.GroupID}
	return w.object(func(key string) error {
		to, ok := fields[key]
		if !ok {
			return w.skip()
		}
		s, err := w.text()
		*to = s
		return err
	})
}

// light captures an object without its pictures.
func (w *walk) light() ([]byte, bool, error) {
	if c, err := w.peek(); err != nil || c != '{' {
		if err == nil {
			_, _, err = w.capture(MaxName)
		}
		return w.raw, false, err
	}
	out, fits := []byte{'{'}, true
	err := w.object(func(key string) error {
		if key == "avatar" {
			return w.skip()
		}
		raw, whole, err := w.capture(64 << 10)
		if err != nil {
			return err
		}
		fits = fits && whole && len(out) < MaxLine
		if fits {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(append(append(out, mustJSON(key)...), ':'), raw...)
		}
		return nil
	})
	return append(out, '}'), fits, err
}

// meet notes a member's names for the reading of sentences.
func (r *labReader) meet(w *walk) error {
	raw, ok, err := w.light()
	if err != nil {
		return err
	}
	if ok && r.obj.parse(raw, &r.in) == nil {
		r.roster.add(r.obj.Sender, r.obj.Name, r.obj.Card)
	}
	return nil
}

func (r *labReader) memberObject(w *walk, i int64) error {
	raw, ok, err := w.light()
	if err != nil {
		return err
	}
	r.row = Row{Place: i}
	if !ok {
		return r.bad(badLong, raw)
	}
	if err := r.obj.parse(raw, &r.in); err != nil {
		return r.bad(badObject(err), raw)
	}
	return r.member(raw)
}

func (r *labReader) messageObject(w *walk, i int64) error {
	raw, whole, err := w.capture(MaxLine)
	if err != nil {
		return err
	}
	r.row = Row{Place: i}
	if !whole {
		return r.bad(badLong, raw)
	}
	if err := r.obj.parse(bytes.TrimSpace(raw), &r.in); err != nil {
		return r.bad(badObject(err), raw)
	}
	return r.message(raw)
}
