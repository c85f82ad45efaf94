package importer

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
)

func TestIRCDialectsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		path, text string
		opt        Options
		want       []string
		firstAt    int64
		zoneHow    string
	}{
		"ubuntulog": {"2024/05/01/#读书.txt", "=== 早鸟 [n=zao@example.org]  has joined #读书\n[09:01] <阿敏> 早\n[09:01]  * 阿敏 伸懒腰\n=== 阿敏 is now known as 阿敏_走\n=== 阿敏_走 changed the topic of #读书 to: 第三章\n=== mode/#读书 [+o 早鸟]  by 阿敏_走\n=== 看不懂\n", Options{},
			[]string{"member.joined 早鸟", "message.created 阿敏", "message.created 阿敏", "member.updated 阿敏", "group.updated 阿敏", "member.updated 早鸟 by 阿敏", "system.text "}, 1714554060000, "dialect"},
		"znc": {"logs/#读书/2024-05-01.log", "[09:00:05] *** Joins: 小何 (he@a.example)\n[09:00:06] <小何> 来了\n[09:00:07] *** Quits: 小何 (he@a.example) (再见)\n[09:00:08] *** 老周 was kicked by 阿敏 (广告)\n[09:00:09] *** 阿敏 sets mode: +o 小林\n", Options{Zone: "Asia/Shanghai"},
			[]string{"member.joined 小何", "message.created 小何", "member.left 小何", "member.left 老周 by 阿敏", "member.updated 小林 by 阿敏"}, 1714525205000, "given"},
		"raku": {"读书_20240501.txt", "[09:00] *** 小何 joined\n[09:01] <小何> 来了\n[09:02] *** 小何 left\n", Options{},
			[]string{"member.joined 小何", "message.created 小何", "member.left 小何"}, 1714525200000, "guessed"},
	} {
		rep, got := readAll(t, memory("irc", c.path, []byte(c.text)), c.opt)
		if rep.Error != "" || rep.Bad != 0 {
			t.Errorf("%s: %s, bad %+v", name, rep.Error, rep.BadRows)
		}
		if d := cmp.Diff(c.want, brief(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if rep.ZoneHow != c.zoneHow || len(got) > 0 && got[0].OccurredAt != c.firstAt {
			t.Errorf("%s: zone %s %s, first at %d, want %s and %d", name, rep.Zone, rep.ZoneHow, got[0].OccurredAt, c.zoneHow, c.firstAt)
		}
		if rep.Version != name {
			t.Errorf("dialect = %s, want %s", rep.Version, name)
		}
	}
}

func TestALogWithoutADateIsRefused(t *testing.T) {
	rep, got := readAll(t, memory("irc", "#读书.txt", []byte("[09:01] <阿敏> 早\n")), Options{})
	if len(got) != 0 || !strings.Contains(rep.Error, "no date") || rep.Why != faultNoDate {
		t.Errorf("%d events, error %q", len(got), rep.Error)
	}
}

func TestDatesInPaths(t *testing.T) {
	for path, want := range map[string]string{
		"a/2013/01/05/#ubuntu-cn.txt":      "2013-01-05 a #ubuntu-cn",
		"2013/01/05/#ubuntu-cn.txt":        "2013-01-05  #ubuntu-cn",
		"train/2007-01-12.train-c.raw.txt": "2007-01-12 train train-c",
		"znc/#读书_20240501.log":             "2024-05-01 znc #读书",
		"znc/freenode/#读书/2024-05-01.log":  "2024-05-01 znc/freenode/#读书 #读书",
		"2024-13-01.txt":                   "",
		"#读书.txt":                          "",
		"build-20249999-读书-20240501.txt":   "2024-05-01 . build-20249999-读书",
	} {
		got := ""
		if day, channel, ok := ircDate(path); ok {
			got = timeText(day) + " " + strings.ReplaceAll(channel, "\x00", " ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestANickKeepsItsPersonThroughRenames(t *testing.T) {
	var n nicks
	n.arrive("阿敏", "u1@h1")
	if got := n.rename("阿敏", "阿敏_走").ID; got != "阿敏" {
		t.Errorf("after the rename: %s", got)
	}
	if got := n.rename("阿敏_走", "阿敏").ID; got != "阿敏" {
		t.Errorf("after the way back: %s", got)
	}
	n.depart("阿敏", "u1@h1")
	n.arrive("阿敏", "u1@other")
	if got := n.who("阿敏").ID; got != "阿敏" {
		t.Errorf("same user, other host: %s", got)
	}
	n.depart("阿敏", "u1@other")
	n.arrive("阿敏", "u2@h2")
	if got := n.who("阿敏").ID; got != "阿敏~2" {
		t.Errorf("another person: %s", got)
	}
}

func TestLinesOfMixedEncodingsAreReadOneByOne(t *testing.T) {
	text := "[09:01] <阿敏> 早\n[09:02] <a> \xb4\xf3\xbc\xd2\xba\xc3\n[09:03] <b> caf\xe9\n[09:04] <c> 长长的一句话被服务器从中间切断\xe4\xb8\n"
	rep, got := readAll(t, memory("irc", "2024-05-01.txt", []byte(text)), Options{})
	var words []string
	for _, ev := range got {
		words = append(words, ev.Body.Text)
	}
	if d := cmp.Diff([]string{"早", "大家好", "café", "长长的一句话被服务器从中间切断\uFFFD"}, words); d != "" {
		t.Errorf("(-want +got):\n%s%v", d, rep.Fixes)
	}
}

func TestIdenticalLinesOfAMinuteAreAllKept(t *testing.T) {
	text := "[09:01] <a> 哈\n[09:01] <a> 哈\n[09:01] <a> 哈\n"
	sink := newKeep()
	if rep := importFiles(t, Options{}, sink, map[string]string{"2024/05/01/#x.txt": text}); rep.Added != 3 {
		t.Errorf("added %d of 3", rep.Added)
	}
	longer := text + "[09:02] <a> 嗯\n"
	if rep := importFiles(t, Options{}, sink, map[string]string{"2024/05/01/#x.txt": longer}); rep.Added != 1 || rep.Duplicates != 3 {
		t.Errorf("the longer file: %+v", rep.Counts)
	}
}

func TestTheEndOfAContextStopsAnImport(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	text := strings.Repeat("[09:01] <a> 哈\n", 20_000)
	set := &Set{Units: []*Unit{memory("irc", "2024-05-01.txt", []byte(text))}}
	_, err := Run(ctx, set, Options{}, newKeep(), func(Progress) { cancel() })
	if err != context.Canceled {
		t.Errorf("error = %v", err)
	}
}

func TestAnErrorOfTheSinkEndsTheRun(t *testing.T) {
	full := community.Errorf(community.CodeBusy, "disk full")
	set := &Set{Units: []*Unit{memory("irc", "2024-05-01.txt", []byte(strings.Repeat("[09:01] <a> 哈\n", 30_000)))}}
	rep, err := Run(context.Background(), set, Options{}, &keep{fail: full}, nil)
	if community.CodeOf(err) != community.CodeBusy || rep.Added != 0 {
		t.Errorf("error = %v, added %d", err, rep.Added)
	}
}
