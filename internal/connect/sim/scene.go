package sim

import (
	"fmt"
	"math/rand/v2"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Scenes are the ready-made worlds: "lively" talks, welcomes newcomers and meets spammers; "quiet" waits for what
// somebody makes happen. In both our account, 10000, is an admin of the group "sim-1".
func Scenes() []Scene {
	return []Scene{
		{Name: "lively", Title: [2]string{"热闹的群", "A lively group"}, Open: func(clock func() int64) (*World, Script) {
			w := readyWorld(clock)
			return w, &bustle{world: w, group: "sim-1", chance: rand.New(rand.NewPCG(uint64(clock()), 1)), opened: clock() / 1000}
		}},
		{Name: "quiet", Title: [2]string{"安静的群", "A quiet group"}, Open: func(clock func() int64) (*World, Script) {
			return readyWorld(clock), nil
		}},
	}
}

func readyWorld(clock func() int64) *World {
	w := NewWorld(clock)
	members := []Member{
		{Who: community.Who{ID: "10000", Name: "小群", Card: "群助手", Role: community.RoleAdmin}},
		{Who: community.Who{ID: "10001", Name: "陈默", Card: "群主陈默", Role: community.RoleOwner}},
	}
	for i, name := range []string{"阿青", "老周", "林小满", "大刘", "米粒", "河马先生"} {
		members = append(members, Member{Who: community.Who{ID: fmt.Sprint(20001 + i), Name: name}})
	}
	w.AddGroup("sim-1", "周末徒步群", members...)
	return w
}

// bustle is the life of the lively scene: somebody speaks every 5 to 25 seconds, now and then somebody new comes, and
// one in four of them came to advertise.
type bustle struct {
	world    *World
	group    string
	chance   *rand.Rand
	opened   int64 // UTC seconds: newcomers are numbered from there, so that those of another run are other people
	visitors int64
	spammer  string // has joined and will speak up
	flooder  string
	hurry    int // lines of a flood still to come
}

var (
	talk = []string{
		"早上好，今天山上雾大吗？", "这周六走哪条线？", "我报名，带一个朋友。", "有人拼车吗?地铁口集合也行。", "上次那条路下雨以后很滑。",
		"记得带手电，下山可能天黑。", "鞋子开胶了，有推荐的吗？", "昨天的照片发群相册了。", "第一次参加，需要准备什么？", "水至少带两升。",
		"我负责带急救包。", "爬升八百米，新手慢慢走没问题。", "集合时间改到七点半可以吗？", "可以。", "收到，谢谢!", "哈哈哈，上次谁走丢了来着？",
		"山顶那家豆花还开着。", "天气预报说午后有阵雨。", "我带了多的登山杖，谁要借？", "到家了，大家辛苦。",
	}
	pitches = []string{
		"兼职刷单日结三百，加薇信 xq88776 了解", "低价代购名牌鞋，看图联系 http://cheap-shoes.example/t", "免费领会员，点链接 http://gift.example/vip 马上到账",
	}
	floods = []string{"有人吗", "在不在", "快理我", "!!!!", "……", "人呢"}
	names  = []string{"云上的猫", "阿成", "Kiki", "木子", "山里来的", "北纬三十度", "小陶", "大鹏"}
)

// Next implements Script.
func (b *bustle) Next(now int64) (int64, []connect.Inbound, bool) {
	switch {
	case b.hurry > 0:
		b.hurry--
		return now + 700, []connect.Inbound{b.says(b.flooder, pick(b.chance, floods))}, true
	case b.spammer != "":
		who := b.spammer
		b.spammer = ""
		return now + 4000 + b.chance.Int64N(8000), []connect.Inbound{b.says(who, pick(b.chance, pitches))}, true
	}
	at := now + 5000 + b.chance.Int64N(20_000)
	switch b.chance.IntN(20) {
	case 0, 1:
		return at, []connect.Inbound{b.visitor()}, true
	case 2:
		b.hurry, b.flooder = 8, b.someone()
	}
	return at, []connect.Inbound{b.says(b.someone(), pick(b.chance, talk))}, true
}

func (b *bustle) visitor() connect.Inbound {
	b.visitors++
	who := community.Who{ID: fmt.Sprint(b.opened + b.visitors), Name: pick(b.chance, names)}
	if b.visitors%4 == 0 {
		b.spammer = who.ID
	}
	scene := []string{"qr", "invite", "search"}[b.chance.IntN(3)]
	in := connect.Inbound{
		Type: community.MemberJoined, Group: community.Ref{ID: b.group}, Actor: who, Body: community.Body{Scene: scene},
	}
	if scene == "invite" {
		in.By.ID = "10001"
	}
	return in
}

func (b *bustle) says(member, text string) connect.Inbound { return said(b.group, member, text) }

// someone is a member who is not one of the first two, ours and the owner.
func (b *bustle) someone() string {
	list := b.world.Members(b.group)
	if len(list) < 3 {
		return "10001"
	}
	return list[2+b.chance.IntN(len(list)-2)].ID
}

func pick(chance *rand.Rand, list []string) string { return list[chance.IntN(len(list))] }
