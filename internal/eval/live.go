package eval

import (
	"bytes"
	"encoding/csv"
	"path"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
)

const liveArchive = "spam-zh-live.tar.gz"

// liveRoom reads the labelled lines of live rooms and parts them by template.
func (o Options) liveRoom() (parts, error) {
	files, err := o.archive(liveArchive, func(p string) bool { return path.Base(p) == "train.csv" })
	if err != nil {
		return parts{}, err
	}
	var texts []labelled
	for _, f := range files {
		lines := csv.NewReader(bytes.NewReader(f.body))
		lines.LazyQuotes, lines.FieldsPerRecord = true, -1
		rows, err := lines.ReadAll()
		if err != nil {
			return parts{}, community.Errorf(community.CodeBadInput, "%s: %w", f.path, err)
		}
		for i, row := range rows {
			if i > 0 && len(row) == 2 {
				texts = append(texts, labelled{text: strings.ToValidUTF8(row[1], ""), spam: row[0] == "1"})
			}
		}
	}
	p := split(texts)
	o.tell("live rooms: %d texts, %d templates (the largest has %d); %d to learn from, %d to choose by, %d to measure on",
		len(p.train)+len(p.check)+len(p.test), p.templates, p.largest, len(p.train), len(p.check), len(p.test))
	return p, nil
}

// timed is a message with the time when it was said, in UTC ms.
type timed struct {
	talk
	at int64
}

// channel reads a channel of the recorded month between two days, in order of time; machines that speak there are left out.
func (o Options) channel(name, from, to string) ([]timed, error) {
	files, err := o.archive(talkArchive, func(p string) bool { return path.Base(p) == name+".txt" })
	if err != nil {
		return nil, err
	}
	var all []timed
	for _, f := range files {
		day := path.Base(path.Dir(f.path))
		if day < from || day > to {
			continue
		}
		list := strings.Split(path.Dir(f.path), "/")
		date, err := time.Parse("2006/01/02", strings.Join(list[len(list)-3:], "/"))
		if err != nil {
			return nil, community.Errorf(community.CodeBadInput, "%s: %w", f.path, err)
		}
		now := date.UnixMilli()
		for line := range strings.Lines(strings.ToValidUTF8(string(f.body), "")) {
			m := talkLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
			if m == nil || slices.Contains(machines(), m[1]) {
				continue
			}
			if clock, err := time.ParseDuration(line[1:3] + "h" + line[4:6] + "m"); err == nil {
				now = max(now+1, date.UnixMilli()+clock.Milliseconds())
			}
			all = append(all, timed{talk{day, m[1], m[2]}, now})
		}
	}
	return all, nil
}

// machines are the programs that speak in the recorded channels: they read out the titles of links, answer commands and
// repeat themselves. In a group of ours such an account is marked as a bot, and nothing is held against it.
func machines() []string {
	return []string{"^k^", "kk", "iFvwm", "iGoogle", "pocoyo", "ubottu", "ubot2", "lubotu1", "UbuBot", "meetingology"}
}
