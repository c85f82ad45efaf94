package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"qunluo/internal/community"
)

// gitter reads Gitter's TSV archives (formats.md §15): room_id, room_uri, sent_at, from_userid, from_username,
// message_id, text; newest first, so rows are sorted by (sent_at, message_id) before they are given.
func gitter() Format {
	return Format{
		Name:     "gitter-tsv",
		Title:    [2]string{"Gitter TSV 归档", "Gitter TSV archive"},
		Platform: "gitter",
		Sniff:    sniffGitter,
		Chats:    gitterChats,
		Read:     readGitter,
	}
}

// gitterChats lists the rooms of a file.
func gitterChats(f File) ([]Chat, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var facts Facts
	var out []Chat
	seen := map[string]bool{}
	for c := newCells(in, '\t'); ; {
		row, _, err := c.read()
		var bad labError
		switch {
		case errors.Is(err, io.EOF):
			if len(out) == 1 {
				out[0].Index = 0
			}
			return out, nil
		case errors.As(err, &bad), err == nil && (len(row) != 7 || len(row[0]) == 0):
			continue
		case err != nil:
			return out, err
		}
		if id := string(row[0]); !seen[id] && len(seen) < maxChats {
			seen[id] = true
			out = append(out, Chat{ID: tidyName(id, &facts), Name: tidyName(string(row[1]), &facts), Index: len(out) + 1, key: id})
		}
	}
}

func sniffGitter(head []byte, _ string) int {
	c := newCells(bytes.NewReader(head), '\t')
	row, _, err := c.read()
	if err != nil || len(row) != 7 || !gitterID(row[0]) || !gitterID(row[5]) {
		return 0
	}
	if _, ok := gitterTime(row[2]); !ok {
		return 0
	}
	return 95
}

// gitterID: 24 hex digits.
func gitterID(b []byte) bool {
	if len(b) != 24 {
		return false
	}
	for _, c := range b {
		if !isHex(c) {
			return false
		}
	}
	return true
}

func gitterTime(b []byte) (int64, bool) {
	t, err := time.Parse(time.RFC3339Nano, string(b))
	return t.UnixMilli(), err == nil
}

func readGitter(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform = -1, "gitter"
	in, err := u.Files[0].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	sorted := newSorter(u.scratch)
	defer sorted.close()
	if err := gitterIn(in, opt, sorted, u.Chat, yield); err != nil {
		return err
	}
	var ids names
	var keys *keyer
	return sorted.each(func(rec []byte) error {
		f := splitCells(rec[gitterKey:], 6)
		at := int64(binary.BigEndian.Uint64(rec)) // plausible times are positive
		if keys == nil {
			facts.ref(opt, ids.get(f[0]), tidyName(string(f[1]), facts))
			keys = newKeyer(facts.chat)
		}
		group := facts.Group
		id := string(f[4])
		name := tidyName(ids.get(f[3]), facts)
		ev := community.Inbound{Type: community.MessageCreated, Key: keys.native(id), OccurredAt: at, Group: group,
			Actor: community.Who{ID: tidyName(ids.get(f[2]), facts), Name: name},
			Body:  community.Body{Text: tidy(string(f[5]), facts), Name: name, Message: id}}
		facts.Messages++
		row := Row{Place: int64(binary.BigEndian.Uint64(rec[8+24:])), Kind: "message", Events: []community.Inbound{ev}}
		return yield(&row)
	})
}

// gitterKey is the length of what is sorted by: time, message id; and the line.
const gitterKey = 8 + 24 + 8

// gitterIn hands the rows to the sorter; bad ones are reported at once.
func gitterIn(in io.Reader, opt Options, sorted *sorter, chat Chat, yield Yield) error {
	c := newCells(in, '\t')
	for {
		row, raw, err := c.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad labError
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		why := string(bad)
		var at int64
		if why == "" {
			at, why = gitterCheck(row, &opt)
		}
		if chat.Index > 0 && len(row) == 7 && string(row[0]) != chat.key || chat.Index > 1 && len(row) != 7 {
			continue // of another room
		}
		if why != "" {
			if err := yield(&Row{Place: c.line, Kind: "row", Bad: why, Raw: raw}); err != nil {
				return err
			}
			continue
		}
		rec := binary.BigEndian.AppendUint64(sorted.room(), uint64(at))
		rec = append(rec, row[5]...)
		rec = binary.BigEndian.AppendUint64(rec, uint64(c.line))
		for _, i := range []int{0, 1, 3, 4, 5, 6} {
			rec = binary.AppendUvarint(rec, uint64(len(row[i])))
			rec = append(rec, row[i]...)
		}
		if err := sorted.add(rec); err != nil {
			return err
		}
	}
}

func gitterCheck(row [][]byte, opt *Options) (int64, string) {
	if len(row) != 7 {
		return 0, badColumns
	}
	if !gitterID(row[5]) || len(row[0]) == 0 || len(row[3]) == 0 {
		return 0, badID
	}
	at, ok := gitterTime(row[2])
	if !ok || !opt.plausible(at) {
		return 0, badTime
	}
	return at, ""
}

func splitCells(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		size, used := binary.Uvarint(b)
		b = b[used:]
		out[i], b = b[:size], b[size:]
	}
	return out
}
