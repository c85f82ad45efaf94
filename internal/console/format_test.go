package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

func (f *goalKeeper) Formats(context.Context, community.GroupKey, measure.Day, measure.Day) (measure.FormatReport, []measure.Sent, []measure.FormatPollRow, error) {
	if f.h.quiet {
		return measure.FormatReport{}, nil, nil, f.h.err
	}
	const day = int64(24 * 3600_000)
	now := fakeNow.UnixMilli()
	a := measure.Audience{From: now - 60*day, Until: now}
	for m := community.MemberKey(1); m <= 30; m++ {
		a.Stays = append(a.Stays, measure.Stay{Member: m, Seen: now - 60*day})
	}
	a.Stays[29].Left = now - 5*day + 1
	var list []measure.Sent
	for i, format := range measure.AllFormats() {
		at := now - int64(5-i)*day
		a.Words = append(a.Words, measure.Word{Member: community.MemberKey(1 + i), At: at + 60_000}, measure.Word{Member: 9, At: at + 120_000})
		list = append(list, measure.Sent{SentKey: measure.SentKey{Kind: measure.SentMass, Source: fakeID(1200 + i)}, Title: "<script>alert(1)</script>", At: at, Guess: format, Places: 1 + i%2,
			SentSaid: measure.SentSaid{Minutes: int64(60*i) - 1, Fen: -1, Reads: int64(12*i) - 1}})
	}
	a.Receive(list)
	polls := []measure.FormatPollRow{{ID: fakeID(1300), Title: "更喜欢哪种", Day: 20_000, Votes: map[string]int64{measure.FormatArticle: 3, measure.FormatVideo: 27}, User: fakeID(1).String()}}
	return measure.CompareFormats(list, polls), list, polls, f.h.err
}
func (f *goalKeeper) FormatsOver(ctx context.Context, tag string, from, to measure.Day) (measure.FormatOver, error) {
	_, list, polls, err := f.Formats(ctx, 1, from, to)
	if tag == "没有" || len(list) == 0 {
		return measure.FormatOver{Of: 7}, err
	}
	other := make([]measure.Sent, len(list))
	for i, s := range list {
		s.Offered, s.Answered, s.Left = nil, nil, nil
		for _, m := range list[i].Offered {
			s.Offered = append(s.Offered, m+100)
		}
		other[i] = s
	}
	rep := measure.CompareOver([]measure.FormatGroup{{Group: 1, ID: fakeID(20), Name: "读书群", Sent: list, Polls: polls}, {Group: 2, ID: fakeID(21), Name: "<b>二群</b>", Sent: other}})
	rep.Of, rep.Asked, rep.Unread = 40, 900, 1
	return rep, err
}
func (f *goalKeeper) SaySent(_ context.Context, _ string, k measure.SentKey, v measure.SentSaid, _ string) error {
	if err := v.Check(); err != nil {
		return err
	}
	f.h.note("said %s %s %+v", k.Kind, k.Source, v)
	return nil
}
func (f *goalKeeper) AddSent(_ context.Context, _ string, g community.GroupKey, title string, at int64, v measure.SentSaid) (measure.SentKey, error) {
	f.h.note("sent %d %s %d %+v", g, title, at, v)
	return measure.SentKey{}, v.Check()
}
func (f *goalKeeper) AddFormatPoll(_ context.Context, _ string, v measure.FormatPollRow) (measure.FormatPollRow, error) {
	if err := v.Check(); err != nil {
		return v, err
	}
	f.h.note("poll %d %s %s %v", v.Group, v.Title, v.Day, v.Votes)
	return v, nil
}
func (f *goalKeeper) DropFormatPoll(_ context.Context, _ string, id community.ID, reason string) error {
	f.h.note("drop %s: %s", id, reason)
	return nil
}

// TestFormatsAreComparedAndSaid: the page says what is known and what is not, the file holds the same, people stand behind the shares; what
// a person says is read from the forms, and nothing wrong is kept.
func TestFormatsAreComparedAndSaid(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	g := fakeID(20).String()
	_, page := v.get("/formats?g=" + g)
	says(t, "the page", page, "语音直播", "不知道", "每一种都收到过的有 29 人", "按行为", "按投票", "95% 区间", "3 / 30", "更喜欢哪种", "what=took&amp;format=article&amp;g="+g)
	if strings.Contains(page, "<script>alert") {
		t.Error("a title is code")
	}
	_, file := v.get("/formats.csv?g=" + g)
	if lines := strings.Split(strings.TrimSpace(file), "\n"); len(lines) != 6 || !strings.HasPrefix(lines[1], "article,1,1,0,,,30,,,2,2,30,1,30,") {
		t.Errorf("the file: %q", file)
	}
	if status, people := v.get("/formats/people?g=" + g + "&what=took&format=article"); status != 200 || !strings.Contains(people, "回应过“文章”的人") {
		t.Errorf("the people = %d", status)
	}
	for _, gone := range []string{"/formats/people?g=" + g + "&what=took&format=song", "/formats/people?g=" + g + "&what=x&format=article"} {
		if status, _ := v.get(gone); status != 404 {
			t.Errorf("%s = %d, want 404", gone, status)
		}
	}
	for _, c := range []struct {
		path  string
		pairs []string
		want  string
	}{
		{"/formats/said", []string{"kind", "broadcast", "source", fakeID(1200).String(), "format", "poll", "minutes", "30", "money", "12.5", "reads", ""}, fmt.Sprintf("said broadcast %s {Format:poll Minutes:30 Fen:1250 Reads:-1}", fakeID(1200))},
		{"/formats/said", []string{"kind", "broadcast", "source", fakeID(1200).String(), "minutes", "-3"}, ""},
		{"/formats/said", []string{"kind", "broadcast", "source", fakeID(1200).String(), "money", "many"}, ""},
		{"/formats/hand", []string{"title", "第三章", "day", "2026-01-02", "clock", "20:00", "format", "voice_live"}, "sent 1 第三章 1767355200000 {Format:voice_live Minutes:-1 Fen:-1 Reads:-1}"},
		{"/formats/hand", []string{"title", "第三章", "day", "2026-01-02", "clock", "八点", "format", "voice_live"}, ""},
		{"/formats/polls", []string{"title", "哪种", "day", "2026-01-02", "options", "A 文章 12\n短视频：30\n\n"}, "poll 1 哪种 2026-01-02 map[article:12 short_video:30]"},
		{"/formats/polls", []string{"title", "哪种", "day", "2026-01-02", "options", "文章 12\n都行 3"}, ""},
		{"/formats/polls", []string{"title", "哪种", "day", "2026-01-02", "options", "文章\n短视频 3"}, ""},
		{"/formats/polls/" + fakeID(1300).String() + "/drop", []string{"reason", ""}, ""},
		{"/formats/polls/" + fakeID(1300).String() + "/drop", []string{"reason", "记错"}, "drop " + fakeID(1300).String() + ": 记错"},
	} {
		h.did = nil
		v.post(c.path, append([]string{"g", g}, c.pairs...)...)
		if got := strings.Join(h.did, "; "); got != c.want {
			t.Errorf("POST %s %q did %q, want %q", c.path, c.pairs, got, c.want)
		}
	}
	h.quiet = true
	_, page = v.get("/formats?g=" + g)
	says(t, "nothing yet", page, "判断不了", "这些天没有发过内容", "还没有问过")
}

// TestFormatsOverManyGroups: without a group the page is of all that the person sees, says how many were looked at and how its intervals come about, lists the groups, and
// the file and the people are of the same.
func TestFormatsOverManyGroups(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	_, page := v.get("/formats")
	says(t, "all groups", page, "看了 2 个群（范围里共 40 个", "发过内容的有 900 个群", "另有 1 个群消息太多", "2 个群，D = ", "设计效应", "各群", "/formats?g="+fakeID(20).String(), "每一种都收到过的有 58 人", "/formats/people?from=", "&lt;b&gt;二群")
	if strings.Contains(page, "补记一次发送</button>") || strings.Contains(page, "<b>二群") {
		t.Error("what is of one group is offered for many, or a name is code")
	}
	_, file := v.get("/formats.csv")
	lines := strings.Split(strings.TrimSpace(file), "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[1], "article,1,2,0,") || !strings.HasSuffix(strings.TrimSpace(lines[0]), "groups,design_effect,engaged_groups,engaged_design_effect") || !strings.Contains(lines[1], ",2,3.") {
		t.Errorf("the file: %q", file)
	}
	if status, people := v.get("/formats/people?what=took&format=article"); status != 200 || !strings.Contains(people, "回应过“文章”的人") {
		t.Errorf("the people = %d", status)
	}
	_, page = v.get("/formats?tag=%E6%B2%A1%E6%9C%89")
	says(t, "a tag of groups that nothing came to", page, "判断不了", "看了 0 个群（范围里共 7 个")
}
