package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"qunluo/internal/community"
)

const smallTelegram = `{
 "name": "读书会",
 "type": "private_supergroup",
 "id": 1234567890,
 "messages": [
  {"id": 1, "type": "service", "date": "2024-05-01T09:00:00", "date_unixtime": "1714525200", "actor": "阿敏", "actor_id": "user1", "action": "create_group", "title": "读书会", "members": ["阿敏"], "text": ""},
  {"id": 2, "type": "message", "date": "2024-05-01T09:01:00", "date_unixtime": "1714525260", "from": "阿敏", "from_id": "user1", "text": "控制字符\x0B在这里，反斜杠\\x41不变"},
  {"id": 3, "type": "message", "date": "2024-05-01T09:02:00", "date_unixtime": "1714525320", "from": null, "from_id": "user9", "reply_to_message_id": 2, "text": ["看 ", {"type": "text_link", "text": "这里", "href": "https://example.org/a"}, " 吧"]},
  {"id": 4, "type": "service", "date": "2024-05-01T09:03:00", "date_unixtime": "1714525380", "actor": "老周", "actor_id": "user2", "action": "join_group_by_link", "inviter": "Group", "text": ""},
  {"id": 5, "type": "service", "date": "2024-05-01T09:04:00", "date_unixtime": "1714525440", "actor": "阿敏", "actor_id": "user1", "action": "invite_members", "members": ["小何", null], "text": ""},
  {"id": 6, "type": "service", "date": "2024-05-01T09:05:00", "date_unixtime": "1714525500", "actor": "老周", "actor_id": "user2", "action": "remove_members", "members": ["老周"], "text": ""},
  {"id": 7, "type": "message", "date": "2024-05-01T09:06:00", "date_unixtime": "1714525560", "from": "阿敏", "from_id": "user1", "photo": "photos/1.jpg", "text": ""},
  {"id": 8, "type": "message", "date": "bad", "from": "阿敏", "from_id": "user1", "text": "没有时间"}
 ]
}`

func TestTelegramResultIsRead(t *testing.T) {
	rep, got := readAll(t, memory("telegram-json", "result.json", []byte(smallTelegram)), Options{})
	if rep.Error != "" || rep.Bad != 1 || rep.Rows != 8 || rep.Zone != "+09:00" && rep.Zone != "+08:00" && rep.ZoneHow != "derived" {
		t.Fatalf("report = %+v", rep)
	}
	if got[1].Body.Text != "控制字符\u000b在这里，反斜杠\\x41不变" {
		t.Errorf("text = %q", got[1].Body.Text)
	}
	if s := got[2].Body.Segments; got[2].Body.Text != "看 这里 吧" || len(s) != 3 || s[1].Ref != "https://example.org/a" || got[2].Body.ReplyTo != "2" || got[2].Actor.ID != "user9" {
		t.Errorf("link message = %+v", got[2])
	}
	if got[3].Type != community.MemberJoined || got[3].Body.Scene != "link" || got[3].Actor.ID != "user2" || got[3].By.ID != "" {
		t.Errorf("join = %+v", got[3])
	}
	want := map[string]int64{"message.created": 3, "member.joined": 3, "member.invited": 2, "member.left": 1, "system.text": 1}
	if d := cmp.Diff(want, rep.Events); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if last := got[len(got)-1]; last.Body.Class != community.Image || last.Group.ID != "1234567890" {
		t.Errorf("photo = %+v", last)
	}
}

func TestTelegramAccountExportIsOneUnitPerChat(t *testing.T) {
	text := `{"about":"x","chats":{"about":"y","list":[
{"name":"甲","type":"personal_chat","id":1,"messages":[{"id":1,"type":"message","date_unixtime":"1714525260","from":"阿敏","from_id":"user1","text":"私"}]},
{"messages":[{"id":1,"type":"message","date_unixtime":"1714525260","from":"阿敏","from_id":"user1","text":"群"}],"name":"乙","type":"private_group","id":2}]}}`
	sink := newKeep()
	rep := importFiles(t, Options{}, sink, map[string]string{"result.json": text})
	if len(rep.Units) != 2 || rep.Skipped != 1 || rep.Added != 1 || sink.rows[0].Group != (community.Ref{ID: "2", Name: "乙"}) {
		t.Errorf("report = %+v, rows = %+v", rep, sink.rows)
	}
}

func TestGitterRowsComeInOrderOfTime(t *testing.T) {
	id := func(n int) string { return fmt.Sprintf("%024x", n) }
	row := func(n int, at, text string) string {
		return strings.Join([]string{id(1), "读书/群", at, id(7), "amin", id(n), text}, "\t") + "\n"
	}
	text := row(9, "2016-12-22T02:37:20.597Z", "最后") + row(8, "2016-12-21T02:37:20.597Z", "\"两行\n和\"\"引号\"\"\"") +
		row(7, "2016-12-21T02:37:20.597Z", "先") + "坏\n" + row(7, "2016-12-21T02:37:20.597Z", "先")
	rep, got := readAll(t, memory("gitter-tsv", "x.tsv", []byte(text)), Options{})
	var words []string
	for _, ev := range got {
		words = append(words, ev.Body.Text)
	}
	if d := cmp.Diff([]string{"先", "两行\n和\"引号\"", "最后"}, words); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if rep.Bad != 1 || rep.Duplicates != 1 || rep.BadRows[0].Place != 5 {
		t.Errorf("report = %+v", rep)
	}
}

func TestSortingSpillsAndMerges(t *testing.T) {
	s := newSorter(&Set{})
	defer s.close()
	var want []string
	for i := range 40_000 {
		rec := fmt.Sprintf("%05d%s", (i*7919)%40_000, strings.Repeat("x", 1000))
		if err := s.add([]byte(rec)); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("%05d", i))
	}
	if len(s.files) == 0 {
		t.Fatal("nothing was spilled: the test proves nothing")
	}
	i := 0
	err := s.each(func(rec []byte) error {
		if string(rec[:5]) != want[i] {
			t.Fatalf("record %d is %s", i, rec[:5])
		}
		i++
		return nil
	})
	if err != nil || i != len(want) {
		t.Fatal(i, err)
	}
}

const smallWeChat = "\xEF\xBB\xBFlocalId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\r\n" +
	"1,45678@chatroom,1,0,0,1714525260,,\"早安\n今天读\"\"第三章\"\"\",2024-05-01 09:01:00,,阿敏,wxid_amin\r\n" +
	"2,45678@chatroom,10000,0,0,1714525261,,\"\"\"阿敏\"\"邀请\"\"老周、一世\"\"加入了群聊\",2024-05-01 09:01:01,,,\r\n" +
	"3,45678@chatroom,49,57,1,1714525262,,收到,2024-05-01 09:01:02,,,\r\n" +
	"4,45678@chatroom,3,0,0,1714525263,,[图片],2024-05-01 09:01:03,周,老周、一世,wxid_zhou\r\n" +
	"5,45678@chatroom,1,0,0,1.71E+09,,坏时间,,,阿敏,wxid_amin\r\n" +
	"6,45678@chatroom,1,0,0,1714525264,,编号坏了,,,阿敏,1.23E+10\r\n" +
	"7,wxid_friend,1,0,0,1714525265,,私聊,,,朋友,wxid_friend\r\n" +
	"8,45678@chatroom,10000,0,0,1714525266,,\"\"\"老周、一世\"\" 撤回了一条消息\",,,,\r\n"

func TestWeChatMsgIsReadByColumnNames(t *testing.T) {
	rep, got := readAll(t, memory("wechatmsg-csv", "晨读.csv", []byte(smallWeChat)), Options{Self: community.Who{ID: "wxid_me", Name: "我"}})
	if rep.Error != "" || rep.Rows != 8 || rep.Bad != 1 || rep.Zone != "+08:00" || rep.ZoneHow != "derived" || rep.Fixes["id_spoiled"] != 1 {
		t.Fatalf("report = %+v", rep)
	}
	if got[0].Body.Text != "早安\n今天读\"第三章\"" || got[0].Actor.ID != "wxid_amin" || got[0].Key != "45678@chatroom:1@1714525260" {
		t.Errorf("first = %+v", got[0])
	}
	if join := got[2]; join.Type != community.MemberJoined || join.Actor.ID != "wxid_zhou" || join.By.ID != "wxid_amin" {
		t.Errorf("join = %+v: a known name with 、 is one person", join)
	}
	if got[3].Actor.ID != "wxid_me" || got[3].Body.Class != community.Reply {
		t.Errorf("own = %+v", got[3])
	}
	if spoiled := got[5]; spoiled.Actor.Certainty != community.NameOnly || spoiled.Actor.ID != "阿敏" {
		t.Errorf("spoiled id = %+v", spoiled.Actor)
	}
	if recall := got[6]; recall.Type != community.MessageDeleted || recall.Body.Message != got[4].Body.Message || !strings.Contains(recall.Body.Source, MarkInferred) {
		t.Errorf("recall = %+v", recall)
	}
}

func TestEachTalkerOfAWeChatFileIsAChatOfItsOwn(t *testing.T) {
	sink := newKeep()
	rep := importFiles(t, Options{}, sink, map[string]string{"晨读.csv": smallWeChat + "8,99@chatroom,1,0,0,1714525270,,另一个群,,,阿敏,wxid_amin\r\n"})
	if len(rep.Units) != 3 || rep.Bad != 1 || rep.Units[1].Skips["private"] != 1 || rep.Units[2].Added != 1 || rep.Units[0].Added != 7 {
		t.Fatalf("report = %+v", rep)
	}
	if last := sink.rows[len(sink.rows)-1]; last.Group != (community.Ref{ID: "99@chatroom", Name: "99@chatroom"}) {
		t.Errorf("group = %+v", last.Group)
	}
}

const smallQQ = `消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的群
================================================================
消息对象:产品讨论
================================================================

2024-05-01 9:03:07 【管理员】小林(产品)(12345678)
周五的直播改到八点

2024-05-01 9:03:08 老周<zhou@example.org>
第一行

隔了一行
2024-05-01 9:03:09 假的(99999999)
还是老周说的

2024-05-01 10:00:00 系统消息(10000)
小何加入本群

2024-04-01 10:00:00 太早(99999999)
上面这行是系统消息的一部分

2024-05-01 10:00:01 只有名字
[图片]

`

func TestQQTextResistsImitatedHeaders(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(smallQQ)
	if err != nil {
		t.Fatal(err)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(smallQQ, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"utf-8": smallQQ, "utf-16": utf16, "gb18030": gb, "bom": "\xEF\xBB\xBF" + smallQQ} {
		if _, sure, _ := sniffAll([]byte(text), "产品.txt"); sure < 90 {
			t.Errorf("%s: sniffed with %d", name, sure)
		}
		rep, got := readAll(t, memory("qq-txt", "产品.txt", []byte(text)), Options{})
		if rep.Bad != 0 || len(got) != 4 || rep.Fixes["doubtful_header"] != 2 || rep.ZoneHow != "guessed" || !rep.NeedZone || rep.Run.Group.Name != "产品讨论" {
			t.Fatalf("%s: %d events, report %+v", name, len(got), rep)
		}
		if !reflect.DeepEqual(got[0].Actor, community.Who{ID: "12345678", Name: "小林(产品)"}) || got[0].OccurredAt != 1714525387000 || got[0].Body.Source != MarkZoneGuessed {
			t.Errorf("%s: first = %+v", name, got[0])
		}
		if got[1].Body.Text != "第一行\n\n隔了一行\n2024-05-01 9:03:09 假的(99999999)\n还是老周说的" || got[1].Actor.ID != "zhou@example.org" {
			t.Errorf("%s: second = %+v", name, got[1])
		}
		if got[2].Type != community.SystemText || got[3].Actor.Certainty != community.NameOnly || got[3].Body.Class != community.Image {
			t.Errorf("%s: rest = %+v %+v", name, got[2], got[3])
		}
	}
}

func TestTheSameQQFileInAnotherZoneStaysTheSameMessages(t *testing.T) {
	sink := newKeep()
	importFiles(t, Options{}, sink, map[string]string{"a.txt": smallQQ})
	if rep := importFiles(t, Options{Zone: "+09:00"}, sink, map[string]string{"a.txt": smallQQ}); rep.Added != 0 {
		t.Errorf("added %d", rep.Added)
	}
}

func TestRealGitterArchivesAddUp(t *testing.T) {
	path := realData(t, "gitter-fcc.tar.gz")
	sink := newKeep()
	rep := importPath(t, Options{}, sink, path)
	if len(rep.Units) != 5 || rep.Bad != 0 || rep.Added == 0 {
		t.Errorf("report = %+v", rep.Counts)
	}
	last := map[string]int64{}
	for _, ev := range sink.rows {
		if ev.OccurredAt < last[ev.Group.ID] {
			t.Fatalf("%s runs back at %s", ev.Group.Name, ev.Key)
		}
		last[ev.Group.ID] = ev.OccurredAt
	}
	if again := importPath(t, Options{}, sink, path); again.Added != 0 {
		t.Errorf("second import added %d", again.Added)
	}
	for _, u := range rep.Units {
		t.Logf("%s: %d messages, %d members", u.Run.Group.Name, u.Added, u.Members.Stable)
	}
}

func TestRealEnglishLogsAddUp(t *testing.T) {
	path := realData(t, "replies-irc-en.tar.gz")
	sink := newKeep()
	rep := importPath(t, Options{}, sink, path)
	if rep.Bad*100 > rep.Rows || rep.Added == 0 {
		t.Errorf("report = %+v", rep.Counts)
	}
	types := map[string]int64{}
	for _, u := range rep.Units {
		for k, n := range u.Types {
			types[k] += n
		}
		if u.Error != "" {
			t.Errorf("%s: %s", u.Run.Name, u.Error)
		}
	}
	t.Logf("%+v %v", rep.Counts, types)
	if again := importPath(t, Options{}, sink, path); again.Added != 0 {
		t.Errorf("second import added %d", again.Added)
	}
}

func TestARealHistorySurvivesExportAndImport(t *testing.T) {
	sink := newKeep()
	rep := importPath(t, Options{}, sink, realData(t, "irc-ubuntu-2013-01.tar.gz"))
	if len(sink.runs) != len(rep.Units) {
		t.Errorf("%d runs for %d units", len(sink.runs), len(rep.Units))
	}
	var evs []community.Inbound
	for _, ev := range sink.rows {
		if ev.Group.ID == "#ubuntu-cn" {
			evs = append(evs, ev)
		}
	}
	head := ExportHead{Group: community.Ref{ID: "#ubuntu-cn", Name: "#ubuntu-cn"}, Platform: "irc", ExportedAt: 1_767_225_600_000}
	for _, format := range []string{"chatlab-jsonl", "chatlab-json"} {
		_, got := readAll(t, memory(format, "x", export(t, format, head, evs)), Options{})
		if !cmp.Equal(evs, got) {
			t.Errorf("%s: %d events out, %d in, and they differ", format, len(evs), len(got))
		}
	}
}

// TestMemoryDoesNotGrowWithTheFile reads 400,000 rows of each kind that can be made without end.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	line := `{"_type":"message","sender":"wxid_a","accountName":"阿敏","timestamp":1767229200,"type":0,"content":"` + strings.Repeat("长", 50) + `"}` + "\n"
	u := memory("chatlab-jsonl", "x", nil)
	u.Files[0].Open = func() (io.ReadCloser, error) { return &repeated{unit: []byte(line), left: 400_000}, nil }
	var most uint64
	_, err := Run(context.Background(), &Set{Units: []*Unit{u}}, Options{}, nil, func(p Progress) {
		var m runtime.MemStats
		if p.Added/BatchSize%10 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("at most %d MB alive", most>>20)
	if most > 64<<20 {
		t.Errorf("%d MB alive, want at most 64", most>>20)
	}
}

func TestASpreadsheetsGB18030IsRead(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.TrimPrefix(smallWeChat, "\xEF\xBB\xBF"))
	if err != nil {
		t.Fatal(err)
	}
	_, want := readAll(t, memory("wechatmsg-csv", "晨读.csv", []byte(smallWeChat)), Options{})
	_, got := readAll(t, memory("wechatmsg-csv", "晨读.csv", []byte(gb)), Options{})
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-utf-8 +gb18030):\n%s", d)
	}
}

func TestSeveralQQChatsInOneFileStayApart(t *testing.T) {
	other := strings.ReplaceAll(strings.ReplaceAll(smallQQ, "产品讨论", "另一个群"), "周五", "周六")
	sink := newKeep()
	rep := importFiles(t, Options{}, sink, map[string]string{"a.txt": smallQQ + strings.SplitN(other, "\n\n", 2)[1]})
	if len(rep.Units) != 2 || rep.Units[0].Run.Hash == rep.Units[1].Run.Hash || rep.Bad != 0 {
		t.Fatalf("report = %+v", rep)
	}
	groups := map[string]int{}
	for _, ev := range sink.rows {
		groups[ev.Group.Name]++
	}
	if d := cmp.Diff(map[string]int{"产品讨论": 4, "另一个群": 4}, groups); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestEventsAreAsRecorded keeps every event of the samples, written as an export.
func TestEventsAreAsRecorded(t *testing.T) {
	for _, c := range []struct{ format, name, text string }{
		{"chatlab-jsonl", "lab.jsonl", smallLab}, {"telegram-json", "result.json", smallTelegram}, {"telegram-html", "导出/messages.html", smallTelegramHTML}, {"wechatmsg-csv", "留痕.csv", smallWeChat},
		{"qq-txt", "qq.txt", smallQQ}, {"irc", "2024/05/01/#读书.txt", smallIRC}, {"chatlog-json", "chatlog.json", smallChatlog}, {"chatlog-csv", "chatlog.csv", smallChatlogCSV},
		{"weflow-json", "weflow.json", smallWeFlow}, {"qqchat-json", "qqchat.json", smallQQChat}, {"discord-json", "discord.json", smallDiscord},
		{"irc", "#读书/2024-05-01.log", smallZNC}, {"irssi", "#读书.log", smallIrssi}, {"weechat", "#读书.weechatlog", smallWeechat},
		{"wechat-paste", "微信.txt", smallPaste}, {"roster-csv", "名单.csv", smallRoster}, {"roster-names", "名单.txt", "阿敏\n老周\n"}, {"chatlog-chatroom", "room.json", smallRooms},
	} {
		rep, got := readAll(t, memory(c.format, c.name, []byte(c.text)), Options{At: copied})
		head := ExportHead{Generator: "qunluo", ExportedAt: 1_767_225_600_000, Group: rep.Run.Group, Platform: rep.Run.Platform}
		name := c.format
		if rep.Version == "znc" {
			name = "znc"
		}
		golden(t, name+".events.golden", export(t, "chatlab-jsonl", head, got))
	}
}

const smallIRC = "=== 早鸟 [n=zao@example.org]  has joined #读书\n[09:01] <阿敏> 早\n[09:01]  * 阿敏 伸懒腰\n=== 阿敏 is now known as 阿敏_走\n" +
	"[09:05] <阿敏_走> 午饭后见\n=== 阿敏_走 changed the topic of #读书 to: 第三章\n=== 老周 was kicked off #读书 by 早鸟 (广告)\n=== 看不懂\n\n[99:99] <x> 坏\n"

func FuzzTelegram(f *testing.F) {
	f.Add([]byte(smallTelegram))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "telegram-json", "result.json", text) })
}

func FuzzGitter(f *testing.F) {
	f.Add([]byte("000000000000000000000001\tr\t2016-12-22T02:37:20.597Z\t000000000000000000000007\tu\t000000000000000000000009\t\"a\nb\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "gitter-tsv", "x.tsv", text) })
}

func FuzzWeChatMsg(f *testing.F) {
	f.Add([]byte(smallWeChat))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "wechatmsg-csv", "x.csv", text) })
}

func FuzzQQText(f *testing.F) {
	f.Add([]byte(smallQQ))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "qq-txt", "x.txt", text) })
}

func FuzzIRC(f *testing.F) {
	f.Add([]byte("[00:01] <阿敏> 早\n=== a is now known as b\n[00:02]  * b 伸懒腰\n[00:03:04] *** Joins: n (u@h)\n"))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "irc", "2024/05/01/#x.txt", text) })
}

func FuzzCleanerGivesTheSameInPieces(f *testing.F) {
	f.Add([]byte("\xEF\xBB\xBF" + `{"a":"\x0B \\x41 \"\x1f"}\`))
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, _ := io.ReadAll(&cleaner{r: bytes.NewReader(text)})
		drops, _ := io.ReadAll(&cleaner{r: oneByte{bytes.NewReader(text)}})
		if !bytes.Equal(whole, drops) {
			t.Fatalf("%q whole, %q in drops", whole, drops)
		}
	})
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }
