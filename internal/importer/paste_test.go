package importer

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
)

// copied is a Wednesday noon in Shanghai.
var copied = time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC).UnixMilli()

// shownRows are rows in one line each.
func shownRows(rows []PastedRow) []string {
	var out []string
	for _, r := range rows {
		at := "-"
		if r.At != 0 {
			at = time.UnixMilli(r.At).UTC().Format("2006-01-02T15:04:05")
		}
		out = append(out, fmt.Sprintf("%d %s %s|%s %d %v", r.Line, at, r.Name, strings.ReplaceAll(r.Text, "\n", "⏎"), r.Sure, r.Why))
	}
	return out
}

const smallPaste = "阿敏 2024-05-01 09:03\n早安\n今天读第三章\n\n老周（学习委员） 2024/5/1 9:04:30\n[图片]\n\n\n阿敏 2024年5月1日 下午 1:05\n收到\n\n我们明天 9:00\n这行和上面一行都是阿敏说的\n"

func TestPastedTextIsReadConservatively(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    PasteOptions
		want []string
	}{
		"name and time, words below": {smallPaste, PasteOptions{}, []string{"1 2024-05-01T01:03:00 阿敏|早安⏎今天读第三章 90 []", "5 2024-05-01T01:04:30 老周（学习委员）|[图片] 90 []",
			"9 2024-05-01T05:05:00 阿敏|收到⏎⏎我们明天 9:00⏎这行和上面一行都是阿敏说的 90 []"}},
		"time first":                     {"2024-05-01 09:03 阿敏\n早\n\n2024-05-01 09:04 老周\n早", PasteOptions{Zone: "UTC"}, []string{"1 2024-05-01T09:03:00 阿敏|早 90 []", "4 2024-05-01T09:04:00 老周|早 90 []"}},
		"without blank lines":            {"阿敏 2024-05-01 09:03\n早\n老周 2024-05-01 09:04\n早", PasteOptions{Zone: "UTC"}, []string{"1 2024-05-01T09:03:00 阿敏|早 90 []", "3 2024-05-01T09:04:00 老周|早 70 [no_gap]"}},
		"a header imitated in the words": {"阿敏 2024-05-01 09:03\n他说：\n假的 2024-05-01 09:03\n别信\n\n老周 2024-05-01 09:04\n早\n\n阿敏 2024-05-01 09:05\n嗯", PasteOptions{Zone: "UTC"}, []string{"1 2024-05-01T09:03:00 阿敏|他说：⏎假的 2024-05-01 09:03⏎别信 90 []", "6 2024-05-01T09:04:00 老周|早 90 []", "9 2024-05-01T09:05:00 阿敏|嗯 90 []"}},
		"no date, nobody says which day": {"阿敏 09:03\n早\n\n老周 9:04\n早", PasteOptions{}, []string{"1 - 阿敏|早 40 [no_date]", "4 - 老周|早 40 [no_date]"}},
		"no date, copied on a day":       {"阿敏 昨天 09:03\n早\n\n老周 星期三 9:04\n早\n\n小何 00:01\n早\n\n小林 星期天 下午 3:00\n早", PasteOptions{Day: copied}, []string{"1 2024-04-30T01:03:00 阿敏|早 70 [day]", "4 2024-04-24T01:04:00 老周|早 70 [day]", "7 2024-04-30T16:01:00 小何|早 70 [day]", "10 2024-04-28T07:00:00 小林|早 70 [day]"}},
		"no year":                        {"阿敏 4月30日 09:03\n早\n\n老周 12月31日 09:04\n早", PasteOptions{Day: copied}, []string{"1 2024-04-30T01:03:00 阿敏|早 80 [no_year]", "4 2023-12-31T01:04:00 老周|早 80 [no_year]"}},
		"names alone":                    {"阿敏:\n早\n\n老周：\n早", PasteOptions{}, []string{"1 - 阿敏|早 30 [no_time]", "4 - 老周|早 30 [no_time]"}},
		"words before the first header":  {"复制自晨读一群\n\n阿敏 2024-05-01 09:03\n早", PasteOptions{Zone: "UTC"}, []string{"1 - |复制自晨读一群 0 [no_name]", "3 2024-05-01T09:03:00 阿敏|早 90 []"}},
		"plain words":                    {"今天天气不错\n我们去爬山吧", PasteOptions{}, []string{"1 - |今天天气不错⏎我们去爬山吧 0 [no_name]"}},
		"times that are none":            {"阿敏 2024-13-01 09:03\n早\n\n老周 25:00\n早\n\n小何 2024-05-01 上午 15:00\n早", PasteOptions{}, []string{"1 - |阿敏 2024-13-01 09:03⏎早⏎⏎老周 25:00⏎早⏎⏎小何 2024-05-01 上午 15:00⏎早 0 [no_name]"}},
		"noon and midnight":              {"阿敏 2024-05-01 中午 12:30\na\n\n阿敏 2024-05-01 凌晨 12:30\nb\n\n阿敏 2024-05-01 晚上 8:00\nc\n\n阿敏 2024-05-01 12:30 PM\nd", PasteOptions{Zone: "UTC"}, []string{"1 2024-05-01T12:30:00 阿敏|a 90 []", "4 2024-05-01T00:30:00 阿敏|b 90 []", "7 2024-05-01T20:00:00 阿敏|c 90 []", "10 2024-05-01T12:30:00 阿敏|d 90 []"}},
		"nothing":                        {"\n \n", PasteOptions{}, nil},
	} {
		rows, err := Paste(c.text, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, shownRows(rows)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if _, err := Paste("x", PasteOptions{Zone: "Mars"}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a zone that is none: %v", err)
	}
}

// FuzzPaste: no word is lost. Every line stands in a row, as a header or as words.
func FuzzPaste(f *testing.F) {
	f.Add(smallPaste, int64(0))
	f.Add("阿敏 昨天 09:03\n早\n\n老周:\n早\n", copied)
	f.Fuzz(func(t *testing.T, text string, day int64) {
		if len(text) > 10_000 || day < 0 || day > 4102444800000 {
			t.Skip()
		}
		rows, err := Paste(text, PasteOptions{Day: day})
		if err != nil {
			t.Fatal(err)
		}
		words, heads := 0, 0
		for _, r := range rows {
			if r.Sure < 0 || r.Sure > 100 || r.Line < 1 {
				t.Fatalf("row %+v", r)
			}
			if r.Name != "" {
				heads++
			}
			for _, line := range strings.Split(r.Text, "\n") {
				if strings.TrimSpace(line) != "" {
					words++
				}
			}
		}
		lines := 0
		for _, line := range strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, string(bom)), "\r\n", "\n"), "\n") {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		if words+heads != lines {
			t.Fatalf("%d lines, %d words and %d headers: %q %+v", lines, words, heads, text, rows)
		}
	})
}

func TestPastedTextIsImportedAsReported(t *testing.T) {
	if f, sure, _ := sniffAll([]byte(smallPaste), "微信.txt"); f.Name != "wechat-paste" || sure == 0 {
		t.Errorf("sniffed as %s with %d", f.Name, sure)
	}
	for _, other := range []string{"今天 9:00\n开会\n\n明天 9:00\n再开\n\n后天 9:00\n还开\n", smallQQ, "a\nb\nc\n", "会议纪要 2024-05-01 09:00\n参会：三人\n第一项\n"} {
		if f, _, ok := sniffAll([]byte(other), "x.txt"); ok && f.Name == "wechat-paste" {
			t.Errorf("%q is taken for pasted chat", clip(other, 30))
		}
	}
	text := "前言\n\n" + smallPaste + "\n小何 09:99\n不是时间\n"
	rep, got := readAll(t, memory("wechat-paste", "微信.txt", []byte(text)), Options{})
	if rep.Bad != 1 || rep.ZoneHow != "guessed" || len(got) != 3 || rep.Members.NameOnly != 2 || !rep.NeedGroup {
		t.Fatalf("report = %+v", rep)
	}
	if got[0].Body.Source != "reported minute zone_guessed" || got[1].Body.Source != "reported zone_guessed" || got[1].Body.Class != community.Image || got[0].Actor.Certainty != community.NameOnly {
		t.Errorf("rows = %+v", got)
	}
}

const smallRoster = "群昵称,微信号,昵称,角色\n敏敏_产品,wxid_amin,阿敏,群主\n,wxid_zhou,老周、一世,\n小何,,何,管理员\n,1.23E+10,编号坏了,\n,wxid_amin,又一个阿敏,\n"

func TestRostersAreRead(t *testing.T) {
	want := []RosterRow{
		{2, community.Who{ID: "wxid_amin", Name: "阿敏", Card: "敏敏_产品", Role: community.RoleOwner}, 95, nil},
		{3, community.Who{ID: "wxid_zhou", Name: "老周、一世"}, 95, nil},
		{4, community.Who{ID: "何", Name: "何", Card: "小何", Role: community.RoleAdmin, Certainty: community.NameOnly}, 70, []string{"no_id"}},
		{5, community.Who{ID: "编号坏了", Name: "编号坏了", Certainty: community.NameOnly}, 70, []string{"no_id"}},
		{6, community.Who{ID: "wxid_amin", Name: "又一个阿敏"}, 95, nil},
	}
	if d := cmp.Diff(want, Roster(smallRoster, RosterColumns{})); d != "" {
		t.Errorf("a table (-want +got):\n%s", d)
	}
	lines := Roster("阿敏\n\n 老周、一世 \n阿敏\n", RosterColumns{})
	if len(lines) != 3 || lines[0].Sure != 30 || lines[0].Why[0] != "same_name" || lines[1].Who.ID != "老周、一世" || lines[1].Sure != 70 || lines[1].Line != 3 {
		t.Errorf("a name a line = %+v", lines)
	}
	named := Roster("谁\t号码\n阿敏\twxid_amin\n", RosterColumns{ID: "号码", Name: "谁"})
	if len(named) != 1 || !reflect.DeepEqual(named[0].Who, community.Who{ID: "wxid_amin", Name: "阿敏"}) {
		t.Errorf("columns named by the operator = %+v", named)
	}
}

const smallRooms = `[{"name":"45678@chatroom","owner":"wxid_amin","users":[{"userName":"wxid_amin","displayName":"敏敏"},{"userName":"wxid_zhou","displayName":""},{"userName":"wxid_zhou","displayName":"又"}],"remark":"","nickName":"晨读一群"},{"name":"99@chatroom","owner":"","users":[],"nickName":"空群"},{"users":1,"owner":2}]`

func TestListsOfMembersBecomeSnapshots(t *testing.T) {
	rep := importFiles(t, Options{At: copied}, newKeep(), map[string]string{"room.json": smallRooms})
	if len(rep.Units) != 2 || rep.Added != 1 || rep.Bad != 1 || rep.Units[0].Skips["listed"] != 2 || rep.Units[0].Skips["same_member"] != 1 || rep.Units[1].Skips["empty"] != 1 {
		t.Errorf("chat rooms = %+v", rep)
	}
	sink := newKeep()
	for format, text := range map[string]string{"roster-csv": smallRoster, "roster-names": "阿敏\n老周\n"} {
		rep := importFiles(t, Options{Format: format, At: copied}, sink, map[string]string{"名单.csv": text})
		if rep.Added != 1 || rep.Bad != 0 || rep.Units[0].Fixes["time_of_file"] != 0 {
			t.Errorf("%s: %+v", format, rep)
		}
		if again := importFiles(t, Options{Format: format, At: copied}, sink, map[string]string{"名单.csv": text}); again.Added != 0 {
			t.Errorf("%s again: %+v", format, again.Counts)
		}
		if later := importFiles(t, Options{Format: format, At: copied + dayMS}, sink, map[string]string{"名单.csv": text}); later.Added != 1 {
			t.Errorf("%s a day later says that all are still there: %+v", format, later.Counts)
		}
	}
	if rep := importFiles(t, Options{}, newKeep(), map[string]string{"名单.csv": smallRoster}); rep.Units[0].Run.Format != "roster-csv" || rep.Units[0].Fixes["time_of_file"] != 1 {
		t.Errorf("without a time = %+v", rep.Units[0])
	}
	for _, chat := range []string{"id,name,time,text\n1,阿敏,2024-05-01,早\n", "昵称,内容\n阿敏,早\n"} {
		if f, _, ok := sniffAll([]byte(chat), "x.csv"); ok {
			t.Errorf("%q is taken for %s", chat, f.Name)
		}
	}
}

func TestAListSaysWhoCameWhoWentAndWhoIsDoubtful(t *testing.T) {
	who := func(id string) community.Who { return community.Who{ID: id, Name: "名" + id} }
	got := compareRosters([]community.Who{who("a"), who("b"), who("c"), nameOnly("名d")}, []community.Who{who("a"), who("d"), who("e"), nameOnly("名c")}, 20)
	want := RosterChange{Members: 4, Joined: 1, Gone: 1, Doubtful: 2, Samples: []string{"? 名d", "+ 名e", "? 名c", "- 名b"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func FuzzRoster(f *testing.F) {
	f.Add([]byte(smallRoster))
	f.Add([]byte("阿敏\n老周\n"))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "roster-csv", "x.csv", text) })
}

func FuzzChatlogRooms(f *testing.F) {
	f.Add([]byte(smallRooms))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "chatlog-chatroom", "x.json", text) })
}

func FuzzPasteFile(f *testing.F) {
	f.Add([]byte(smallPaste))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "wechat-paste", "x.txt", text) })
}
