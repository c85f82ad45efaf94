package onebot

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// groupFrame is a group message of about 900 bytes with three segments, as NapCat sends them.
const groupFrame = `{"self_id":3081234567,"user_id":1284567890,"time":1763870401,"message_id":1204587731,"message_seq":1204587731,"real_id":1204587731,"real_seq":"58231","message_type":"group","sender":{"user_id":1284567890,"nickname":"山里来的风","card":"徒步-阿青-杭州","role":"member","title":"","level":"12"},"raw_message":"[CQ:reply,id=1204587002]@群助手 周六的集合点是不是改到北门了？我和另外两位朋友打算坐地铁过去,大概七点二十能到,需要带登山杖的话提前说一声","font":14,"sub_type":"normal","message":[{"type":"reply","data":{"id":"1204587002"}},{"type":"at","data":{"qq":"3081234567","name":"群助手"}},{"type":"text","data":{"text":" 周六的集合点是不是改到北门了？我和另外两位朋友打算坐地铁过去,大概七点二十能到"}}],"message_format":"array","post_type":"message","group_id":712345678,"group_name":"周末徒步群"}`

func TestGroupMessage(t *testing.T) {
	in, kind, err := Parse([]byte(groupFrame))
	if err != nil || kind != Event {
		t.Fatal(kind, err)
	}
	want := connect.Inbound{
		Type: community.MessageCreated, Key: "1204587731", OccurredAt: 1763870401000,
		Group: community.Ref{ID: "712345678", Name: "周末徒步群"},
		Actor: community.Who{ID: "1284567890", Name: "山里来的风", Card: "徒步-阿青-杭州", Role: community.RoleMember},
		Body: community.Body{
			Text:  "@群助手 周六的集合点是不是改到北门了？我和另外两位朋友打算坐地铁过去,大概七点二十能到",
			Class: community.Reply, Message: "1204587731", ReplyTo: "1204587002",
			Name: "山里来的风", Card: "徒步-阿青-杭州", Role: community.RoleMember,
			Segments: []community.Segment{
				{Kind: "quote", Ref: "1204587002"}, {Kind: "at", Ref: "3081234567", Text: "@群助手"},
				{Kind: "text", Text: " 周六的集合点是不是改到北门了？我和另外两位朋友打算坐地铁过去,大概七点二十能到"},
			},
		},
	}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
	if !readFast([]byte(groupFrame), new(note)) {
		t.Error("the common message does not take the fast way")
	}
}

// message wraps the given message value into a group message.
func message(value string) string {
	return `{"post_type":"message","message_type":"group","time":1763870401,"self_id":1,"group_id":7,"user_id":2,"message_id":5,` +
		`"sender":{"nickname":"n","card":"","role":"admin"},"message":` + value + `}`
}

func TestWhatAPersonReads(t *testing.T) {
	cases := []struct {
		message, text string
		class         community.Class
		kinds         string // of the segments
	}{
		{`[{"type":"text","data":{"text":"你好"}}]`, "你好", community.Text, ""},
		{`"你好&#91;笑&#93;&amp;再见"`, "你好[笑]&再见", community.Text, ""},
		{`[{"type":"text","data":{"text":"a"}},{"type":"text","data":{"text":"b"}}]`, "ab", community.Text, ""},
		{`[]`, "", community.Text, ""},
		{`[{"type":"at","data":{"qq":10001}},{"type":"text","data":{"text":" 在吗"}}]`, "@10001 在吗", community.Text, "at text"},
		{`"[CQ:at,qq=10001,name=@阿青&#44;甲] 在吗"`, "@阿青,甲 在吗", community.Text, "at text"},
		{`[{"type":"at","data":{"qq":"all"}}]`, "@全体成员", community.Text, "at_all"},
		{`[{"type":"image","data":{"file":"a.jpg","url":"https://p.example/a"}}]`, "[图片]", community.Image, "image"},
		{`[{"type":"image","data":{"file":"a.gif","sub_type":1}}]`, "[动画表情]", community.Sticker, "image"},
		{`[{"type":"text","data":{"text":"看图"}},{"type":"image","data":{"file":"a.jpg"}}]`, "看图[图片]", community.Text, "text image"},
		{`"[CQ:image,file=a.jpg]看"`, "[图片]看", community.Text, "image text"},
		{`[{"type":"face","data":{"id":"178"}}]`, "[表情]", community.Sticker, "face"},
		{`[{"type":"record","data":{"file":"a.amr"}}]`, "[语音]", community.Voice, "audio"},
		{`[{"type":"video","data":{"file":"a.mp4"}}]`, "[视频]", community.Video, "video"},
		{`[{"type":"file","data":{"file":"清单.xlsx"}}]`, "[文件] 清单.xlsx", community.File, "file"},
		{`[{"type":"forward","data":{"id":"x"}}]`, "[聊天记录]", community.Forward, "card"},
		{`[{"type":"json","data":{"data":"{\"prompt\":\"[QQ小程序]抽奖\",\"meta\":{\"d\":{\"jumpUrl\":\"https://x.example\"}}}"}}]`,
			"[卡片] [QQ小程序]抽奖", community.Share, "card"},
		{`[{"type":"share","data":{"url":"https://x.example","title":"好物"}}]`, "[链接] 好物", community.Link, "link"},
		{`[{"type":"redbag","data":{"x":1}}]`, "[redbag]", community.Other, "unknown"},
		{`[{"type":"reply","data":{"id":-12}},{"type":"text","data":{"text":"对"}}]`, "对", community.Reply, "quote text"},
		{`{"type":"text","data":{"text":"单段"}}`, "单段", community.Text, ""},
		{`"没有关上的[CQ:at,qq=1"`, "没有关上的[CQ:at,qq=1", community.Text, ""},
	}
	for _, c := range cases {
		in, kind, err := Parse([]byte(message(c.message)))
		if err != nil || kind != Event {
			t.Errorf("%s: %v %v", c.message, kind, err)
			continue
		}
		var kinds []string
		for _, s := range in.Body.Segments {
			kinds = append(kinds, s.Kind)
		}
		if in.Body.Text != c.text || in.Body.Class != c.class || strings.Join(kinds, " ") != c.kinds {
			t.Errorf("%s: %q class %d segments %v, want %q %d %q", c.message, in.Body.Text, in.Body.Class, kinds, c.text, c.class, c.kinds)
		}
	}
	card, _, _ := Parse([]byte(message(cases[16].message)))
	if s := card.Body.Segments[0]; s.Ref != "https://x.example" || len(s.Raw) == 0 {
		t.Errorf("card = %+v, want its address and its content", s)
	}
}

// summary is an event in one line.
func summary(in connect.Inbound) string {
	who := func(w community.Who) string {
		if w.Role == community.RoleNone {
			return w.ID
		}
		return w.ID + "/" + string(w.Role)
	}
	b := in.Body
	parts := []string{
		string(in.Type), in.Key, "g=" + in.Group.ID, "a=" + who(in.Actor), "s=" + who(in.Subject), "by=" + who(in.By),
		"m=" + b.Message, b.Reason + b.Scene, b.Text, string(b.Data),
	}
	if b.Seconds != 0 {
		parts = append(parts, "sec="+json.Number(strings.TrimSpace(string(mustJSON(b.Seconds)))).String())
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}

func TestEventsByKind(t *testing.T) {
	const head = `{"time":1763870401,"self_id":"1","group_id":7,`
	cases := []struct{ frame, want string }{
		{head + `"post_type":"notice","notice_type":"group_increase","sub_type":"invite","user_id":2,"operator_id":3}`,
			"member.joined 1763870401:group_increase:7:2:3 g=7 a=2 s= by=3 m= invite"},
		{head + `"post_type":"notice","notice_type":"group_increase","sub_type":"approve","user_id":2,"operator_id":0}`,
			"member.joined 1763870401:group_increase:7:2:0 g=7 a=2 s= by= m= request"},
		{head + `"post_type":"notice","notice_type":"group_decrease","sub_type":"leave","user_id":2,"operator_id":2}`,
			"member.left 1763870401:group_decrease:7:2: g=7 a=2 s= by= m= left"},
		{head + `"post_type":"notice","notice_type":"group_decrease","sub_type":"kick","user_id":2,"operator_id":1}`,
			"member.left 1763870401:group_decrease:7:2:1 g=7 a=2 s=2 by=1/self m= kicked"},
		{head + `"post_type":"notice","notice_type":"group_decrease","sub_type":"kick_me","user_id":0,"operator_id":3}`,
			"member.left 1763870401:group_decrease:7:1:3 g=7 a=1/self s=1/self by=3 m= kicked"},
		{head + `"post_type":"notice","notice_type":"group_ban","sub_type":"ban","user_id":2,"operator_id":1,"duration":600}`,
			"member.muted 1763870401:group_ban:7:2:1 g=7 a=2 s=2 by=1/self m= sec=600"},
		{head + `"post_type":"notice","notice_type":"group_ban","sub_type":"lift_ban","user_id":2,"operator_id":3,"duration":0}`,
			"member.muted 1763870401:group_ban:7:2:3 g=7 a=2 s=2 by=3 m="},
		{head + `"post_type":"notice","notice_type":"group_ban","sub_type":"ban","user_id":0,"operator_id":3,"duration":-1}`,
			`group.updated 1763870401:group_ban:7:0:3 g=7 a=3 s= by=3 m= {"mute_all":true}`},
		{head + `"post_type":"notice","notice_type":"group_recall","user_id":2,"operator_id":3,"message_id":"m9"}`,
			"message.deleted 1763870401:group_recall:7:2:3:m9 g=7 a=3 s=2 by= m=m9"},
		{head + `"post_type":"notice","notice_type":"group_recall","user_id":2,"operator_id":2,"message_id":-99}`,
			"message.deleted 1763870401:group_recall:7:2:2:-99 g=7 a=2 s= by= m=-99"},
		{head + `"post_type":"notice","notice_type":"group_admin","sub_type":"set","user_id":2}`,
			"member.updated 1763870401:group_admin:7:2: g=7 a=2/admin s=/admin by= m="},
		{head + `"post_type":"notice","notice_type":"group_card","user_id":2,"card_new":"新","card_old":""}`,
			`member.updated 1763870401:group_card:7:2: g=7 a=2 s= by= m= {"card_new":"新","card_old":""}`},
		{head + `"post_type":"notice","notice_type":"group_upload","user_id":2,"file":{"id":"/x","name":"表.pdf","size":12}}`,
			"message.created 1763870401:group_upload:7:2::/x g=7 a=2 s= by= m= [文件] 表.pdf"},
		{head + `"post_type":"notice","notice_type":"essence","sub_type":"add","sender_id":2,"operator_id":3,"message_id":44}`,
			"group.updated 1763870401:essence:7::3:44 g=7 a=3 s= by=3 m=44 essence_add"},
		{head + `"post_type":"notice","notice_type":"notify","sub_type":"poke","user_id":2,"target_id":3}`,
			"message.created 1763870401:notify:7:2:3 g=7 a=2 s= by= m= [戳一戳] @3"},
		{head + `"post_type":"request","request_type":"group","sub_type":"add","user_id":2,"comment":"朋友介绍","flag":"f|1"}`,
			"join_request.created add:f|1 g=7 a=2 s= by= m=add:f|1 request朋友介绍"},
		{head + `"post_type":"request","request_type":"group","sub_type":"invite","user_id":2,"comment":"","flag":900719925474099312}`,
			"join_request.created invite:900719925474099312 g=7 a=2 s=1/self by= m=invite:900719925474099312 invite"},
		{head + `"post_type":"message_sent","message_type":"group","user_id":1,"message_id":6,"message":"我说的"}`,
			"message.created 6 g=7 a=1/self s= by= m=6 我说的"},
		{head + `"post_type":"message","message_type":"group","sub_type":"notice","user_id":2,"message_id":6,"message":"系统提示"}`,
			"system.text 6 g=7 a=2 s= by= m=6 系统提示"},
		{`{"time":1763870401123,"self_id":1,"post_type":"message","message_type":"private","user_id":"wxid_2","message_id":"x6","message":"悄悄话"}`,
			"message.created x6 g= a=wxid_2 s= by= m=x6 悄悄话"},
	}
	for _, c := range cases {
		in, kind, err := Parse([]byte(c.frame))
		got := strings.ReplaceAll(summary(in), "requestf", "request f")
		want := strings.ReplaceAll(c.want, "request朋友介绍", "request 朋友介绍")
		want = strings.ReplaceAll(want, "s=/admin", "s=/admin")
		if err != nil || kind != Event || got != want || in.OccurredAt/1000 != 1763870401 {
			t.Errorf("%s\n got %s (%v, %v)\nwant %s", c.frame, got, kind, err, want)
		}
		if again, _, _ := Parse([]byte(c.frame)); again.Key != in.Key {
			t.Errorf("the same frame has keys %q and %q", in.Key, again.Key)
		}
		if in.Private != strings.Contains(c.frame, "private") {
			t.Errorf("private = %v: %s", in.Private, c.frame)
		}
	}
}

func TestOtherKindsOfFrames(t *testing.T) {
	cases := []struct {
		frame string
		want  Kind
	}{
		{`{"time":1,"self_id":1,"post_type":"meta_event","meta_event_type":"heartbeat","interval":5000,"status":{"online":true}}`, Heartbeat},
		{`{"time":1,"self_id":1,"post_type":"meta_event","meta_event_type":"lifecycle","sub_type":"connect"}`, Lifecycle},
		{`{"status":"ok","retcode":0,"data":null,"echo":"7"}`, Answer},
		{`{"time":1,"self_id":1,"post_type":"notice","notice_type":"bot_offline","user_id":1,"message":"在别处登录"}`, Offline},
		{`{"time":1,"self_id":1,"post_type":"notice","notice_type":"friend_add","user_id":2}`, Ignored},
		{`{"time":1,"self_id":1,"post_type":"notice","notice_type":"notify","sub_type":"honor","group_id":7,"user_id":2}`, Ignored},
		{`{"time":1,"self_id":1,"post_type":"request","request_type":"friend","user_id":2,"flag":"x"}`, Ignored},
		{`{"time":1,"self_id":1,"post_type":"something_new"}`, Ignored},
	}
	for _, c := range cases {
		if _, kind, err := Parse([]byte(c.frame)); kind != c.want || err != nil {
			t.Errorf("%s: kind %d, %v; want %d", c.frame, kind, err, c.want)
		}
	}
}

func TestBadFramesAreRefusedWithAReason(t *testing.T) {
	cases := []struct {
		frame, says string
		code        community.Code
	}{
		{``, "not a JSON object", community.CodeBadInput},
		{`[]`, "not a JSON object", community.CodeBadInput},
		{`null`, "not a JSON object", community.CodeBadInput},
		{groupFrame[:len(groupFrame)-9], "not a JSON object", community.CodeBadInput},
		{`{}`, "neither post_type nor echo", community.CodeBadInput},
		{`{"post_type":7}`, "post_type is not a text", community.CodeBadInput},
		{`{"post_type":"message","message_type":"group","group_id":7,"user_id":2,"message":[]}`, "without", community.CodeBadInput},
		{`{"post_type":"message","message_type":"group","group_id":7.5,"user_id":2,"message_id":1,"message":[]}`, "group_id is not an id", community.CodeBadInput},
		{`{"post_type":"message","message_type":"group","group_id":1e9,"user_id":2,"message_id":1,"message":[]}`, "group_id is not an id", community.CodeBadInput},
		{`{"post_type":"message","message_type":"group","group_id":7,"user_id":[2],"message_id":1,"message":[]}`, "user_id is not an id", community.CodeBadInput},
		{message(`[1,2]`), "not a list of segments", community.CodeBadInput},
		{message(`7`), "message is not a text", community.CodeBadInput},
		{`{"post_type":"notice","notice_type":"group_increase","user_id":2,"time":1}`, "without group_id", community.CodeBadInput},
		{`{"post_type":"notice","notice_type":"group_recall","group_id":1,"user_id":2,"time":1}`, "without message_id", community.CodeBadInput},
		{`{"post_type":"request","request_type":"group","group_id":1,"user_id":2}`, "without flag", community.CodeBadInput},
		{message(`"` + strings.Repeat("x", MaxFrame) + `"`), "at most", community.CodeTooLarge},
	}
	for _, c := range cases {
		_, _, err := Parse([]byte(c.frame))
		if community.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.120s: %v, want %s with %q", c.frame, err, c.code, c.says)
		}
	}
}

func TestIdsNeverPassThroughAFloat(t *testing.T) {
	in, _, err := Parse([]byte(`{"post_type":"message","message_type":"group","self_id":1,"group_id":9007199254740993,"user_id":"18446744073709551617","message_id":-9007199254740993,"message":[]}`))
	if err != nil || in.Group.ID != "9007199254740993" || in.Actor.ID != "18446744073709551617" || in.Key != "-9007199254740993" {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestLongTextIsCutAtARune(t *testing.T) {
	in, _, err := Parse([]byte(message(`"` + strings.Repeat("汉", community.MaxText) + `"`)))
	if err != nil || len(in.Body.Text) > community.MaxText || len(in.Body.Text) < community.MaxText-4 || !strings.HasSuffix(in.Body.Text, "汉…") {
		t.Errorf("%d bytes, ends with %q, %v", len(in.Body.Text), in.Body.Text[len(in.Body.Text)-6:], err)
	}
}

func TestParseKeepsNoPartOfTheFrame(t *testing.T) {
	for _, m := range []string{
		`[{"type":"reply","data":{"id":"9"}},{"type":"at","data":{"qq":"12","name":"阿青"}},{"type":"text","data":{"text":"周六见"}}]`,
		`[{"type":"text","data":{"text":"周六见"}}]`, `[{"type":"at","data":{"qq":12}}]`,
		`[{"type":"image","data":{"file":"a.jpg","url":"https://p.example/a"}},{"type":"share","data":{"url":"https://x.example","title":"好物"}}]`,
		`[{"type":"file","data":{"file":"清单.xlsx"}},{"type":"redbag","data":{"x":"y"}},{"type":"json","data":{"data":"{\"prompt\":\"抽奖\"}"}}]`,
		`[{"type":"text","data":{"text":"a"}},{"type":"text","data":{"text":"b"}},{"type":"text","data":{"text":"c"}},{"type":"face","data":{"id":"1"}},{"type":"text","data":{"text":"d"}}]`,
	} {
		data := []byte(message(m))
		want, err := decodeSlow(data)
		var got frame
		if err := errors.Join(err, decode(data, &got)); err != nil {
			t.Fatal(m, err)
		}
		clear(data)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{}, answer{})); diff != "" {
			t.Errorf("%s: %s", m, diff)
		}
	}
}

// FuzzParse compares the decoder written by hand with encoding/json.
func FuzzParse(f *testing.F) {
	f.Add([]byte(groupFrame))
	for _, m := range []string{
		`[{"type":"text","data":{"text":"\u4f60\ud83d\ude00\n\"\\\/"}}]`, `[{"type":"text","data":{"text":"\ud83d"}}]`,
		`[{"data":{"qq":1e3,"name":null},"type":"at"},{"type":"x","data":{"a":[{}]}}]`, `[{"type":"text"},{"data":null}]`, `"a[CQ:at,qq=1]"`,
		`[{"type":"json","data":{"data":"{}","data":7}}],"message":[{"type":"text","data":{"text":"zweimal"}}]`,
	} {
		f.Add([]byte(message(m)))
	}
	f.Add([]byte(" { \"post_type\" : null , \"Group_ID\":1, \"message\":[ ] }\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		slow, slowErr := decodeSlow(data)
		if !readFast(data, new(note)) {
			return
		}
		var fast frame
		mine := slices.Clone(data)
		fastErr := decode(mine, &fast)
		clear(mine) // the connection reads its next frame into the same memory
		if community.CodeOf(fastErr) != community.CodeOf(slowErr) {
			t.Fatalf("by hand %v, encoding/json %v", fastErr, slowErr)
		}
		if diff := cmp.Diff(slow, fast, cmp.AllowUnexported(frame{}, answer{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data := []byte(groupFrame)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, kind, _ := Parse(data); kind != Event {
			b.Fatal(kind)
		}
	}
}

func BenchmarkParseSlow(b *testing.B) {
	data := []byte(groupFrame)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeSlow(data); err != nil {
			b.Fatal(err)
		}
	}
}
