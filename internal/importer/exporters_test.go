package importer

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
)

const smallChatlog = `[
 {"seq":1714525260000,"time":"2024-05-01T09:01:00+08:00","talker":"45678@chatroom","talkerName":"晨读一群","isChatRoom":true,"sender":"wxid_amin","senderName":"阿敏","isSelf":false,"type":1,"subType":0,"content":"早安\n今天读第三章","contents":{}},
 {"seq":1714525261000,"time":"2024-05-01T09:01:01+08:00","talker":"45678@chatroom","talkerName":"晨读一群","isChatRoom":true,"sender":"wxid_me","senderName":"","isSelf":true,"type":49,"subType":5,"content":"","contents":{"title":"读书笔记","url":"https://example.org/a"}},
 {"seq":1714525261001,"time":"2024-05-01T09:01:01+08:00","talker":"45678@chatroom","isChatRoom":true,"sender":"wxid_zhou","senderName":"老周、一世","isSelf":false,"type":244813135921,"content":"收到","contents":{}},
 {"seq":1714525262000,"time":"2024-05-01T09:01:02+08:00","talker":"45678@chatroom","isChatRoom":true,"sender":"系统消息","senderName":"","isSelf":false,"type":10000,"subType":0,"content":"\"阿敏\"邀请\"老周、一世\"加入了群聊","contents":{}},
 {"seq":1714525263000,"time":"2024-05-01T09:01:03+08:00","talker":"45678@chatroom","isChatRoom":true,"sender":"系统消息","type":10000,"content":"<sysmsg type=\"sysmsgtemplate\"><sysmsgtemplate><content_template type=\"tmpl_type_profile\"><plain><![CDATA[]]></plain><template><![CDATA[\"$username$\"邀请\"$names$\"加入了群聊]]></template><link_list><link name=\"username\" type=\"link_profile\"><memberlist><member><username><![CDATA[wxid_amin]]></username><nickname><![CDATA[阿敏]]></nickname></member></memberlist></link><link name=\"names\" type=\"link_profile\"><memberlist><member><username><![CDATA[wxid_he]]></username><nickname><![CDATA[小何\"邀请\"谁、谁]]></nickname></member><member><username><![CDATA[wxid_lin]]></username><nickname><![CDATA[小林]]></nickname></member></memberlist><separator><![CDATA[、]]></separator></link></link_list></content_template></sysmsgtemplate></sysmsg>"},
 {"seq":1714525264000,"time":"2024-05-01T09:01:04+08:00","talker":"45678@chatroom","isChatRoom":true,"sender":"系统消息","type":10000,"content":"<sysmsg type=\"revokemsg\"><revokemsg><newmsgid>7788</newmsgid><replacemsg><![CDATA[\"老周、一世\" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>"},
 {"seq":1714525265000,"time":"2024-05-01T09:01:05+08:00","talker":"45678@chatroom","isChatRoom":true,"sender":"wxid_amin","senderName":"阿敏","type":1,"content":"你将\"我\"移出了群聊"},
 {"seq":12,"time":"bad","talker":"45678@chatroom","isChatRoom":true,"sender":"wxid_amin","type":1,"content":"没有时间"},
 {"seq":1714525266000,"time":"2024-05-01T09:01:06+08:00","talker":"wxid_friend","isChatRoom":false,"sender":"wxid_friend","type":1,"content":"私聊"},
 7
]`

func TestChatlogAnswersAreRead(t *testing.T) {
	rep := importFiles(t, Options{}, newKeep(), map[string]string{"a.json": smallChatlog})
	if len(rep.Units) != 2 || rep.Bad != 2 || rep.Units[1].Skips["private"] != 1 || rep.Units[0].Zone != "+08:00" || rep.Units[0].ZoneHow != "file" {
		t.Fatalf("report = %+v", rep)
	}
	sink := newKeep()
	importFiles(t, Options{}, sink, map[string]string{"a.json": smallChatlog})
	got := sink.rows
	if got[0].Key != "45678@chatroom:1714525260000" || got[0].OccurredAt != 1714525260000 || got[0].Group.Name != "晨读一群" || got[0].Body.Text != "早安\n今天读第三章" {
		t.Errorf("first = %+v", got[0])
	}
	if got[1].Actor.ID != "wxid_me" || got[1].Body.Class != community.Link || got[1].Body.Text != "读书笔记 https://example.org/a" || got[1].Body.Segments[0].Ref != "https://example.org/a" {
		t.Errorf("own link = %+v", got[1])
	}
	if got[2].Body.Class != community.Reply || got[2].OccurredAt != 1714525261000 || got[2].Key == got[1].Key {
		t.Errorf("a packed type = %+v", got[2])
	}
	if d := cmp.Diff([]string{"member.invited wxid_amin>wxid_zhou", "member.joined wxid_zhou by wxid_amin", "member.invited wxid_amin>wxid_he", "member.invited wxid_amin>wxid_lin", "member.joined wxid_he by wxid_amin", "member.joined wxid_lin by wxid_amin", "message.deleted wxid_zhou", "message.created wxid_amin"}, brief(got[3:])); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
	if he := got[7]; strings.Contains(he.Body.Source, MarkInferred) || he.Actor.Name != `小何"邀请"谁、谁` {
		t.Errorf("a hostile name in a template = %+v", he)
	}
	if recall := got[9]; recall.Body.Message != "7788" {
		t.Errorf("recall = %+v", recall)
	}
}

// TestAnErrorTextInFrontOfAnAnswerIsRefused: chatlog answers a wrong time with an error and then the content.
func TestAnErrorTextInFrontOfAnAnswerIsRefused(t *testing.T) {
	set, err := Open([]string{write(t, "a.json", []byte(`{"error":"invalid time"}`+smallChatlog))}, Options{})
	if err != nil || len(set.Units) != 0 || set.Nothing().Code != faultRefused {
		t.Fatalf("%v %+v", err, set)
	}
}

const smallChatlogCSV = "Time,SenderName,Sender,TalkerName,Talker,Content\n" +
	"2024-05-01 09:01:00,阿敏,wxid_amin,晨读一群,45678@chatroom,\"早安\n今天读第三章\"\n" +
	"2024-05-01 09:01:01,老周、一世,wxid_zhou,晨读一群,45678@chatroom,![图片](http://127.0.0.1:5030/image/9d)\n" +
	"2024-05-01 09:01:02,老周、一世,wxid_zhou,晨读一群,45678@chatroom,\"> 阿敏: 早安\n收到\"\n" +
	"2024-05-01 09:01:03,系统消息,系统消息,晨读一群,45678@chatroom,\"\"\"阿敏\"\"邀请\"\"老周、一世\"\"加入了群聊\"\n" +
	"2024-05-01 09:01:04,老周、一世,wxid_zhou,晨读一群,45678@chatroom,[文件|第三章.pdf](http://127.0.0.1:5030/file/1)\n" +
	"2024-05-01 09:01:04,老周、一世,wxid_zhou,晨读一群,45678@chatroom,[文件|第三章.pdf](http://127.0.0.1:5030/file/1)\n" +
	"没有时间,阿敏,wxid_amin,晨读一群,45678@chatroom,x\n" +
	"2024-05-01 09:01:05,编号坏了,1.23E+10,晨读一群,45678@chatroom,y\n"

func TestChatlogTablesAreReadWithTheZoneGuessed(t *testing.T) {
	rep, got := readAll(t, memory("chatlog-csv", "a.csv", []byte(smallChatlogCSV)), Options{})
	if rep.Rows != 9 || rep.Bad != 1 || rep.ZoneHow != "guessed" || !rep.NeedZone || rep.Fixes["id_spoiled"] != 1 || rep.Run.Group != (community.Ref{ID: "45678@chatroom", Name: "晨读一群"}) {
		t.Fatalf("report = %+v", rep)
	}
	var classes []community.Class
	for _, ev := range got {
		classes = append(classes, ev.Body.Class)
	}
	if d := cmp.Diff([]community.Class{0, community.Image, community.Reply, 0, 0, community.File, community.File, 0}, classes); d != "" {
		t.Errorf("classes (-want +got):\n%s", d)
	}
	if got[0].Body.Source != MarkZoneGuessed || got[1].Body.Source != "class_guessed "+MarkZoneGuessed || got[0].OccurredAt != 1714525260000 {
		t.Errorf("marks = %q, %q", got[0].Body.Source, got[1].Body.Source)
	}
	if got[4].Type != community.MemberJoined || got[4].Actor.ID != "wxid_zhou" {
		t.Errorf("join = %+v", got[4])
	}
	if again, _ := readAll(t, memory("chatlog-csv", "a.csv", []byte(smallChatlogCSV)), Options{Zone: "+08:00"}); again.NeedZone || again.ZoneHow != "given" {
		t.Errorf("a stated zone = %+v", again.ZoneHow)
	}
}

const smallWeFlow = `{"weflow":{"version":"1.0"},"session":{"wxid":"45678@chatroom","nickname":"晨读一群","remark":"","displayName":"晨读一群","type":"群聊","lastTimestamp":1714525265,"messageCount":6,"avatar":"` + "AAAA" + `"},
"messages":[
 {"localId":1,"createTime":1714525260,"formattedTime":"2024-05-01 09:01:00","type":"文本消息","localType":1,"content":"早安","isSend":0,"senderUsername":"wxid_amin","senderDisplayName":"阿敏","senderAvatarKey":"k","source":""},
 {"localId":2,"createTime":1714525261,"formattedTime":"2024-05-01 09:01:01","type":"图片消息","localType":49,"content":null,"isSend":1,"senderUsername":"wxid_me","senderDisplayName":"我"},
 {"localId":3,"createTime":1714525262,"formattedTime":"2024-05-01 09:01:02","type":"系统消息","content":"\"阿敏\"邀请\"老周\"加入了群聊","isSend":null,"senderUsername":"","senderDisplayName":""},
 {"localId":4,"createTime":1714525263,"formattedTime":"2024-05-01 09:01:03","type":"没见过的消息","content":"？","isSend":0,"senderUsername":"wxid_zhou","senderDisplayName":"老周"},
 {"localId":5,"createTime":"昨天","type":"文本消息","content":"坏","isSend":0,"senderUsername":"wxid_zhou"},
 {"localId":6,"createTime":1714525265,"type":"文本消息","content":"只有名字","isSend":0,"senderUsername":"","senderDisplayName":"小何"}
]}`

func TestWeFlowAndEchotraceAreRead(t *testing.T) {
	for exporter, text := range map[string]string{"WeFlow": smallWeFlow, "echotrace": strings.Replace(smallWeFlow, `"weflow":{"version":"1.0"},`, "", 1)} {
		if f, sure, _ := sniffAll([]byte(text), "a.json"); f.Name != "weflow-json" || sure < 90 {
			t.Errorf("%s: sniffed as %s with %d", exporter, f.Name, sure)
		}
		rep, got := readAll(t, memory("weflow-json", "a.json", []byte(text)), Options{})
		if rep.Exporter != exporter || rep.Bad != 1 || *rep.OwnTotal != 6 || rep.Messages != 6 || rep.Zone != "+08:00" || rep.ZoneHow != "derived" {
			t.Fatalf("%s: report = %+v", exporter, rep)
		}
		if got[0].Key != "45678@chatroom:1@1714525260" || got[1].Actor.ID != "wxid_me" || got[1].Body.Class != community.Image || got[5].Actor.Certainty != community.NameOnly {
			t.Errorf("%s: %+v", exporter, got)
		}
		if got[3].Type != community.MemberJoined || got[3].Actor.ID != "wxid_zhou" || got[4].Body.Class != community.Other || got[4].Body.Source != "type:没见过的消息" {
			t.Errorf("%s: join %+v, unknown kind %+v", exporter, got[3], got[4])
		}
	}
	short := strings.Replace(smallWeFlow, `"messageCount":6`, `"messageCount":9`, 1)
	if rep, _ := readAll(t, memory("weflow-json", "a.json", []byte(short)), Options{}); rep.Reserved[0] != ReservedTotal {
		t.Errorf("the file's own total differs: %v", rep.Reserved)
	}
	big := strings.Replace(smallWeFlow, "AAAA", strings.Repeat("A", 2<<20), 1)
	if rep := importFiles(t, Options{}, newKeep(), map[string]string{"a.json": big}); rep.Added != 6 || rep.Units[0].Run.Format != "weflow-json" {
		t.Errorf("a picture of 2 MB in front: %+v", rep)
	}
}

const smallQQChat = `{"metadata":{"name":"QQChatExporter V4 / https://example.org","version":"4.0.0"},"chatInfo":{"name":"产品讨论","type":"group","avatar":"x","participantCount":3},
"statistics":{"totalMessages":6,"timeRange":{"start":"","end":"","durationDays":1}},
"messages":[
 {"messageId":"71","timestamp":1714525260000,"sender":{"uid":"u_aa","uin":"12345678","name":"小林"},"messageType":"text","isSystemMessage":false,"isRecalled":false,"content":{"text":"周五的直播改到八点","resources":[],"emojis":[]},"rawMessage":{"sendNickName":"林","sendMemberName":"小林(产品)"}},
 {"messageId":"72","timestamp":1714525261000,"sender":{"uid":"u_bb","name":"老周"},"messageType":"reply","content":{"text":"收到","reply":{"messageId":"9","referencedMessageId":"71","senderName":"小林","content":"周五"}}},
 {"messageId":"73","timestamp":1714525262,"sender":{"uid":"u_bb","uin":22345678,"name":"老周"},"messageType":2,"content":{"text":"[图片]","resources":[{"type":"image","filename":"a.jpg","url":"https://example.org/a.jpg"}]}},
 {"messageId":"74","timestamp":1714525263000,"sender":{"uid":"u_cc","name":"小何"},"messageType":"text","isRecalled":true,"content":{"text":"说错了"}},
 {"messageId":"75","timestamp":1714525264000,"sender":{"uid":"","name":""},"messageType":"system","isSystemMessage":true,"content":{"text":"小何 加入了本群"}},
 {"timestamp":1714525265000,"sender":{"uid":"u_cc","name":"小何"},"content":{"text":"没有编号"}}
],"avatars":{"12345678":"data:image/png;base64,AAAA"}}`

func TestQQChatExporterIsRead(t *testing.T) {
	rep, got := readAll(t, memory("qqchat-json", "a.json", []byte(smallQQChat)), Options{})
	if rep.Bad != 1 || *rep.OwnTotal != 6 || rep.Messages != 6 || rep.Version != "4.0.0" || rep.Extra != 1 || len(rep.Reserved) != 1 || !rep.NeedGroup {
		t.Fatalf("report = %+v", rep)
	}
	if !reflect.DeepEqual(got[0].Actor, community.Who{ID: "12345678", Name: "林", Card: "小林(产品)", Also: "u_aa"}) || got[0].OccurredAt != 1714525260000 {
		t.Errorf("first = %+v", got[0])
	}
	if got[1].Actor.ID != "22345678" || got[1].Actor.Also != "u_bb" || got[1].Body.ReplyTo != "71" || got[1].Body.Class != community.Reply {
		t.Errorf("the number of a uid that a later row shows = %+v", got[1])
	}
	if got[2].Body.Class != community.Image || got[2].Body.Segments[0].Ref != "https://example.org/a.jpg" || got[2].OccurredAt != 1714525262000 {
		t.Errorf("picture = %+v", got[2])
	}
	if got[3].Actor.ID != "u_cc" || got[4].Type != community.MessageDeleted || got[4].Body.Message != "74" || got[5].Type != community.SystemText {
		t.Errorf("recall and notice = %+v %+v %+v", got[3], got[4], got[5])
	}
}

func TestQQChatChunksAreOneChatAndAMissingOneIsSaid(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf(`{"messageId":"%d","timestamp":%d,"sender":{"uid":"u_aa","uin":"12345678","name":"小林"},"messageType":"text","isSystemMessage":false,"content":{"text":"第%d"},"rawMessage":{}}`, n, 1714525260000+n*1000, n)
	}
	manifest := `{"metadata":{"name":"QQChatExporter V5","version":"5.0"},"chatInfo":{"name":"产品讨论","type":"group","groupId":"700100"},"statistics":{"totalMessages":4},"chunkInfo":{"totalChunks":3},` +
		`"chunks":["chunks/c1.json",{"fileName":"c2.jsonl","count":1},{"relativePath":"../../etc/passwd"}]}`
	files := map[string]string{"导出/manifest.json": manifest, "导出/chunks/c1.json": `{"messages":[` + row(1) + "," + row(2) + `]}`, "导出/c2.jsonl": row(3) + "\n" + row(4) + "\n"}
	rep := importFiles(t, Options{}, newKeep(), files)
	if len(rep.Units) != 1 || rep.Added != 4 || rep.Units[0].Files != 3 || rep.Units[0].Run.Group.ID != "700100" || len(rep.Ignored) != 0 {
		t.Fatalf("report = %+v", rep)
	}
	if d := cmp.Diff([]string{"../../etc/passwd"}, rep.Units[0].Missing); d != "" || !strings.Contains(rep.Text("zh"), "少了文件") {
		t.Errorf("missing (-want +got):\n%s", d)
	}
	files["导出/manifest.json"] = strings.Replace(manifest, `,{"relativePath":"../../etc/passwd"}`, "", 1)
	if whole := importFiles(t, Options{}, newKeep(), files); whole.Reservations() || whole.Added != 4 {
		t.Errorf("nothing missing: %+v", whole)
	}
}

const smallDiscord = `{"guild":{"id":"900719925474099301","name":"读书会","iconUrl":""},"channel":{"id":"900719925474099302","type":"GuildTextChat","categoryId":"1","category":"c","name":"闲聊","topic":null},"dateRange":{"after":null,"before":null},"exportedAt":"2024-05-02T00:00:00+02:00",
"messages":[
 {"id":"900719925474099401","type":"Default","timestamp":"2024-05-01T03:01:00.5+02:00","timestampEdited":null,"isPinned":false,"content":"早","author":{"id":"900719925474099501","name":"amin","discriminator":"0000","nickname":"阿敏","color":null,"isBot":false,"roles":[]},"attachments":[],"embeds":[],"stickers":[],"reactions":[],"mentions":[]},
 {"id":"900719925474099402","type":"Reply","timestamp":"2024-05-01T03:02:00+02:00","timestampEdited":"2024-05-01T03:03:00+02:00","content":"收到","author":{"id":"900719925474099502","name":"zhou","nickname":"zhou","isBot":false},"attachments":[],"embeds":[],"reference":{"messageId":"900719925474099401","channelId":"900719925474099302","guildId":"900719925474099301"}},
 {"id":"900719925474099403","type":"GuildMemberJoin","timestamp":"2024-05-01T03:04:00+02:00","content":"Joined the server.","author":{"id":"900719925474099503","name":"he"}},
 {"id":"900719925474099404","type":"Default","timestamp":"2024-05-01T03:05:00+02:00","content":"","author":{"id":"900719925474099504","name":"助手","isBot":true},"attachments":[{"url":"https://example.org/a.png","fileName":"a.png"}]},
 {"id":"900719925474099405","type":"ChannelPinnedMessage","timestamp":"2024-05-01T03:06:00+02:00","content":"Pinned a message.","author":{"id":"900719925474099501","name":"amin"}},
 {"id":"900719925474099406","type":"RecipientRemove","timestamp":"2024-05-01T03:07:00+02:00","content":"Removed he from the group.","author":{"id":"900719925474099501","name":"amin"},"mentions":[{"id":"900719925474099503","name":"he"}]},
 {"id":"900719925474099407","type":"ChannelNameChange","timestamp":"2024-05-01T03:08:00+02:00","content":"Changed the channel name: 晨读.","author":{"id":"900719925474099501","name":"amin"}},
 {"id":"900719925474099408","type":"Default","timestamp":"?","content":"坏","author":{"id":"1","name":"x"}}
],"messageCount":8}`

func TestDiscordIsRead(t *testing.T) {
	rep, got := readAll(t, memory("discord-json", "a.json", []byte(smallDiscord)), Options{})
	if rep.Bad != 1 || *rep.OwnTotal != 8 || rep.Messages != 8 || rep.Zone != "+02:00" || rep.Run.Group != (community.Ref{ID: "900719925474099302", Name: "读书会 #闲聊"}) {
		t.Fatalf("report = %+v", rep)
	}
	if d := cmp.Diff([]string{"message.created 900719925474099501", "message.created 900719925474099502", "member.joined 900719925474099503", "message.created 900719925474099504", "system.text 900719925474099501",
		"member.left 900719925474099503 by 900719925474099501", "group.updated 900719925474099501"}, brief(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got[0].OccurredAt != 1714525260500 || got[0].Actor.Card != "阿敏" || got[1].Actor.Card != "" || got[1].Body.ReplyTo != "900719925474099401" || got[1].Body.Source != "edited" {
		t.Errorf("messages = %+v %+v", got[0], got[1])
	}
	if got[3].Body.Role != community.RoleBot || got[3].Body.Class != community.Image || got[5].Body.Reason != "kicked" || string(got[6].Body.Data) != `{"name":"晨读"}` {
		t.Errorf("bot %+v, removal %+v, title %s", got[3], got[5], got[6].Body.Data)
	}
}

const smallZNC = "[09:00:05] *** Joins: 小何 (he@a.example)\n[09:00:06] <小何> 来了\n[09:00:07] * 小何 挥手\n[09:00:08] *** 小何 is now known as 小何_走\n[09:00:09] *** Quits: 小何_走 (he@a.example) (再见)\n" +
	"[09:00:10] *** 老周 was kicked by 阿敏 (广告)\n[09:00:11] *** 阿敏 sets mode: +o 小林\n[09:00:12] *** 阿敏 changes topic to '第三章'\n[09:00:13] *** 看不懂\n[09:00:14] -阿敏:#读书- 通知\n坏行\n"

const smallIrssi = "--- Log opened Wed May 01 09:00:00 2024\n09:00 -!- 小何 [he@a.example] has joined #读书\n09:01 < 小何> 来了\n09:01 <@阿敏> 早\n09:02  * 小何 挥手\n09:03 -!- 小何 is now known as 小何_走\n" +
	"09:04 -!- 小何_走 [he@a.example] has quit [再见]\n09:05 -!- 老周 was kicked from #读书 by 阿敏 [广告]\n09:05 -!- mode/#读书 [+o 小林] by 阿敏\n09:06 -!- 阿敏 changed the topic of #读书 to: 第三章\n坏行\n--- Day changed Thu May 02 2024\n00:01 <@阿敏> 新的一天\n--- Log closed Thu May 02 01:00:00 2024\n"

const smallWeechat = "2024-05-01 09:00:00\t-->\t小何 (he@a.example) has joined #读书\n2024-05-01 09:01:00\t小何\t来了\n2024-05-01 09:01:01\t@阿敏\t早\n2024-05-01 09:02:00\t *\t小何 挥手\n2024-05-01 09:03:00\t--\t小何 is now known as 小何_走\n" +
	"2024-05-01 09:04:00\t<--\t小何_走 (he@a.example) has quit (再见)\n2024-05-01 09:05:00\t<--\t阿敏 has kicked 老周 (广告)\n2024-05-01 09:05:01\t--\tMode #读书 [+o 小林] by 阿敏\n2024-05-01 09:06:00\t--\t阿敏 has changed topic for #读书 from \"第二章\" to \"第三章\"\n坏行\n2024-05-02 00:01:00\t@阿敏\t新的一天\n"

func TestIRCClientsLogsAreRead(t *testing.T) {
	want := []string{"member.joined 小何", "message.created 小何", "message.created 阿敏", "message.created 小何", "member.updated 小何", "member.left 小何", "member.left 老周 by 阿敏", "member.updated 小林 by 阿敏", "group.updated 阿敏", "message.created 阿敏"}
	for format, c := range map[string]struct{ name, text string }{"irssi": {"#读书.log", smallIrssi}, "weechat": {"irc.libera.#读书.weechatlog", smallWeechat}} {
		if f, sure, _ := sniffAll([]byte(c.text), c.name); f.Name != format || sure < 90 {
			t.Errorf("%s: sniffed as %s with %d", format, f.Name, sure)
		}
		rep := importFiles(t, Options{Zone: "Asia/Shanghai"}, newKeep(), map[string]string{c.name: c.text})
		if len(rep.Units) != 1 || rep.Bad != 1 || rep.Units[0].Run.Group.ID != "#读书" || rep.Units[0].Version != format {
			t.Errorf("%s: report = %+v", format, rep)
			continue
		}
		_, got := readAll(t, memory(format, c.name, []byte(c.text)), Options{Zone: "Asia/Shanghai"})
		if d := cmp.Diff(want, brief(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", format, d)
		}
		if last := got[len(got)-1]; last.OccurredAt != 1714579260000 || last.Body.Text != "新的一天" {
			t.Errorf("%s: the next day = %+v", format, last)
		}
		if minute := strings.Contains(got[1].Body.Source, MarkMinute); minute != (format == "irssi") {
			t.Errorf("%s: source = %q", format, got[1].Body.Source)
		}
	}
	rep, got := readAll(t, memory("irssi", "#x.log", []byte("09:01 <@阿敏> 早\n")), Options{})
	if len(got) != 0 || rep.Bad != 1 || rep.BadRows[0].Why != badTime {
		t.Errorf("a row before any date: %+v", rep)
	}
}

func FuzzChatlog(f *testing.F) {
	f.Add([]byte(smallChatlog))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "chatlog-json", "x.json", text) })
}

func FuzzChatlogCSV(f *testing.F) {
	f.Add([]byte(smallChatlogCSV))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "chatlog-csv", "x.csv", text) })
}

func FuzzWeFlow(f *testing.F) {
	f.Add([]byte(smallWeFlow))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "weflow-json", "x.json", text) })
}

func FuzzQQChat(f *testing.F) {
	f.Add([]byte(smallQQChat))
	f.Add([]byte(`{"messageId":"1","timestamp":1714525260,"sender":{"uid":"u_a"},"content":{"text":"x"},"rawMessage":{}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "qqchat-json", "x.json", text) })
}

func FuzzDiscord(f *testing.F) {
	f.Add([]byte(smallDiscord))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "discord-json", "x.json", text) })
}

func FuzzZNC(f *testing.F) {
	f.Add([]byte(smallZNC))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "irc", "#x/2024-05-01.log", text) })
}

func FuzzIrssi(f *testing.F) {
	f.Add([]byte(smallIrssi))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "irssi", "#x.log", text) })
}

func FuzzWeechat(f *testing.F) {
	f.Add([]byte(smallWeechat))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "weechat", "#x.weechatlog", text) })
}

const smallTelegramHTML = `<!DOCTYPE html><html><head><title>Exported Data</title></head><body><div class="page_wrap">
<div class="page_header"><div class="content"><div class="text bold">
读书会 &amp; 朋友
</div></div></div>
<div class="page_body chat_page"><div class="history">
<div class="message service" id="message-1"><div class="body details">
1 May 2024
</div></div>
<div class="message default clearfix" id="message5"><div class="pull_left userpic_wrap"><div class="userpic userpic1"><div class="initials">敏</div></div></div>
<div class="body"><div class="pull_right date details" title="01.05.2024 09:01:00 UTC+08:00">09:01</div><div class="from_name">
阿敏
</div><div class="text">
早安<br>看 <a href="https://example.org/a">这里</a> &lt;div class=&quot;from_name&quot;&gt;假的
</div></div></div>
<div class="message default clearfix joined" id="message6"><div class="body"><div class="pull_right date details" title="01.05.2024 09:02:00 UTC+08:00">09:02</div>
<div class="reply_to details">In reply to <a href="#go_to_message5">this message</a></div><div class="text">还有</div></div></div>
<div class="message default clearfix" id="message7"><div class="body"><div class="pull_right date details" title="01.05.2024 09:03:00 UTC+08:00">09:03</div><div class="from_name">老周</div>
<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" href="photos/1.jpg"></a></div></div></div>
<div class="message default clearfix" id="message8"><div class="body"><div class="pull_right date details" title="01.05.2024 09:04:00 UTC+08:00">09:04</div><div class="from_name">小何</div>
<div class="forwarded body"><div class="from_name">别人<span class="date details" title="30.04.2024 08:00:00 UTC+08:00"> 30.04</span></div><div class="text">转来的</div></div></div></div>
<div class="message service" id="message9"><div class="body details">老周 joined group by link from Group</div></div>
<div class="message default clearfix" id="message10"><div class="body"><div class="pull_right date details" title="?">?</div><div class="from_name">小何</div><div class="text">坏</div></div></div>
</div></div></div></body></html>`

func TestTelegramPagesAreRead(t *testing.T) {
	if f, sure, _ := sniffAll([]byte(smallTelegramHTML), "messages.html"); f.Name != "telegram-html" || sure < 90 {
		t.Errorf("sniffed as %s with %d", f.Name, sure)
	}
	rep, got := readAll(t, memory("telegram-html", "导出/messages.html", []byte(smallTelegramHTML)), Options{})
	if rep.Bad != 1 || rep.Skips["mark"] != 1 || rep.Zone != "+08:00" || rep.ZoneHow != "file" || rep.Run.Group.Name != "读书会 & 朋友" || len(got) != 5 {
		t.Fatalf("report = %+v", rep)
	}
	if got[0].Body.Text != "早安\n看 这里 <div class=\"from_name\">假的" || !reflect.DeepEqual(got[0].Actor, nameOnly("阿敏")) || got[0].OccurredAt != 1714525260000 || got[0].Body.Segments[0].Ref != "https://example.org/a" {
		t.Errorf("first = %+v", got[0])
	}
	if got[1].Actor.ID != "阿敏" || got[1].Body.ReplyTo != "5" || got[1].Body.Text != "还有" || got[2].Body.Class != community.Image || got[2].Actor.ID != "老周" {
		t.Errorf("joined and picture = %+v %+v", got[1], got[2])
	}
	if got[3].Actor.ID != "小何" || got[3].Body.Text != "转来的" || got[3].Body.Source != "forwarded" || got[3].OccurredAt != 1714525440000 {
		t.Errorf("forwarded = %+v", got[3])
	}
	if got[4].Type != community.SystemText || got[4].OccurredAt != got[3].OccurredAt || !strings.Contains(got[4].Body.Source, MarkInferred) {
		t.Errorf("notice = %+v", got[4])
	}
	old := strings.ReplaceAll(smallTelegramHTML, " UTC+08:00", "")
	if rep, got := readAll(t, memory("telegram-html", "messages.html", []byte(old)), Options{}); !rep.NeedZone || got[0].Body.Source != MarkZoneGuessed || got[0].OccurredAt != 1714525260000 {
		t.Errorf("without a zone: %+v", rep)
	}
}

func TestPagesOfOneExportAreOneChatInOrder(t *testing.T) {
	page := func(id int) string {
		return strings.ReplaceAll(strings.ReplaceAll(smallTelegramHTML, `id="message`, fmt.Sprintf(`id="message%d`, id)), fmt.Sprintf("message%d-1", id), "message-1")
	}
	sink := newKeep()
	files := map[string]string{"导出/messages.html": smallTelegramHTML, "导出/messages2.html": page(2), "导出/messages10.html": page(3), "导出/css/style.css": "body{}"}
	rep := importFiles(t, Options{}, sink, files)
	if len(rep.Units) != 1 || rep.Added != 15 || rep.Units[0].Files != 3 || rep.Units[0].NeedZone {
		t.Fatalf("report = %+v", rep)
	}
	if again := importFiles(t, Options{}, sink, files); again.Added != 0 {
		t.Errorf("again: %+v", again.Counts)
	}
	cut := smallTelegramHTML[:strings.Index(smallTelegramHTML, "还有")]
	if half := importFiles(t, Options{}, newKeep(), map[string]string{"messages.html": cut}); half.Units[0].Why != faultCut || half.Added != 1 {
		t.Errorf("half a page: %+v", half)
	}
}

func FuzzTelegramHTML(f *testing.F) {
	f.Add([]byte(smallTelegramHTML))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "telegram-html", "messages.html", text) })
}
