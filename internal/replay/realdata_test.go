package replay

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// realData opens a file of the folder that QL_TESTDATA names, or skips.
func realData(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("QL_TESTDATA")
	var file *os.File
	err := errors.New("QL_TESTDATA is not set")
	if dir != "" {
		file, err = os.Open(filepath.Join(dir, name))
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "testdata") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

var said = regexp.MustCompile(`^\[(\d\d):(\d\d)\] <([^>]+)> (.*)$`)

// chinese reads the Chinese channel of a month of logs as a group's record.
func chinese(t *testing.T) *record {
	packed, err := gzip.NewReader(realData(t, "irc-ubuntu-2013-01.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	days := map[string][]string{}
	for in := tar.NewReader(packed); ; {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(head.Name, "#ubuntu-cn.txt") {
			continue
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			days[head.Name] = append(days[head.Name], strings.ToValidUTF8(lines.Text(), "\ufffd"))
		}
	}
	r, members := &record{}, map[string]community.MemberKey{}
	names := make([]string, 0, len(days))
	for name := range days {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		parts := strings.Split(strings.TrimPrefix(name, "./"), "/")
		date, err := time.Parse("2006/01/02", strings.Join(parts[len(parts)-4:len(parts)-1], "/"))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range days[name] {
			m := said.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			clock, _ := time.ParseDuration(m[1] + "h" + m[2] + "m")
			if members[m[3]] == 0 {
				members[m[3]] = community.MemberKey(len(members) + 1)
			}
			r.now = max(r.now, date.Add(clock).UnixMilli()) // minutes only: add puts a second between two lines
			ev := r.say(members[m[3]], m[4])
			ev.Origin = community.OriginImport
		}
	}
	return r
}

func TestPresetsLeaveARealChineseGroupInPeace(t *testing.T) {
	r := chinese(t)
	for preset, most := range map[string]float64{policy.PresetGeneral: 0.0005, policy.PresetCommercial: 0.002} {
		b, err := policy.Default(preset)
		if err != nil {
			t.Fatal(err)
		}
		o, err := WhatIf(7, ready(t, b), r.stream(), Span{Examples: 20})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d messages, %d hits, %+v, would %v", preset, o.Messages, o.Hits, o.Rules, o.Would)
		if o.Messages < 28_000 || o.Faulted > 0 {
			t.Errorf("%s: %d messages, %d faulted", preset, o.Messages, o.Faulted)
		}
		live := int64(0)
		for _, c := range o.Rules {
			live += c.Hits
			if c.Rule == "ads" && c.Hits > 0 {
				t.Errorf("%s: %d messages are taken for advertisements", preset, c.Hits)
			}
		}
		if share := float64(live) / float64(o.Messages); share > most {
			t.Errorf("%s hits %.5f of ordinary talk, want at most %.5f", preset, share, most)
		}
	}
}
