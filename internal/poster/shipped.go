package poster

import (
	"slices"

	"qunluo/internal/community"
)

// Shipped is a template that comes with Qunluo, in two languages and on two canvases.
type Shipped struct {
	Name string
	draw func(b *board, t words)
	zh   words
	en   words
}

// words are what a template says; those that hold fields are filled in later.
type words struct {
	title string // of the template, for people
	kick  string // a small line above
	head  string
	body  string
	rows  [][2]string // label and value
	call  string      // beside the code
	foot  string
	try   map[string]string // values to look at it with
}

// board is a layout under way.
type board struct {
	Layout
	tall bool
	ink  palette
}

// palette is the colours of a template.
type palette struct{ above, below, strong, accent, paper, soft string }

var (
	dawn   = palette{"#fff4e6", "#ffd8b5", "#7a2e0e", "#e8590c", "#ffffff", "#a8623c"}
	night  = palette{"#141b3c", "#3b2a78", "#ffffff", "#ffd43b", "#232c58", "#c3c8ee"}
	leaf   = palette{"#ecfdf3", "#c3f0d6", "#0b4a32", "#12805c", "#ffffff", "#4b7a66"}
	sky    = palette{"#eaf4ff", "#bfdcff", "#123a6b", "#1c6fd1", "#ffffff", "#56789f"}
	plum   = palette{"#7c1d4f", "#2f0f3a", "#ffffff", "#ff8fb1", "#5e1a4c", "#f1c7dc"}
	paper  = palette{"#f7f5f0", "#efe9dc", "#2b2620", "#b4542d", "#ffffff", "#7b7163"}
	cherry = palette{"#c4161c", "#8f0d13", "#fff3d6", "#ffd26b", "#a91218", "#ffdfae"}
	slate  = palette{"#1f2937", "#111827", "#f9fafb", "#34d399", "#2d3a4d", "#b6c2d1"}
)

func (b *board) add(y Layer) { b.Layers = append(b.Layers, y) }

func (b *board) text(x, y, w, h, size float64, said, color string, more ...func(*Layer)) {
	l := Layer{Kind: Text, X: x, Y: y, W: w, H: h, Size: size, Text: said, Color: color}
	for _, f := range more {
		f(&l)
	}
	b.add(l)
}

func heavy(l *Layer)  { l.Bold = true }
func centre(l *Layer) { l.Align = "middle" }
func right(l *Layer)  { l.Align = "right" }
func mid(l *Layer)    { l.Stand = "middle" }

func (b *board) block(x, y, w, h, round float64, color string, opaque int) {
	b.add(Layer{Kind: Shape, X: x, Y: y, W: w, H: h, Round: round, Color: color, Opaque: opaque})
}

func (b *board) disc(x, y, side float64, color string, opaque int) {
	b.add(Layer{Kind: Shape, Shape: Ellipse, X: x, Y: y, W: side, H: side, Color: color, Opaque: opaque})
}

func (b *board) scan(x, y, side float64) {
	b.block(x-14, y-14, side+28, side+28, 24, "#ffffff", 0)
	b.add(Layer{Kind: Code, X: x, Y: y, W: side, H: side, Text: "{{link}}", Color: "#111827"})
}

// foot is the strip at the end: what to do, and the code.
func (b *board) foot(t words, dark bool) {
	high := float64(b.High())
	color, soft := b.ink.strong, b.ink.soft
	side := 270.0
	if !b.tall {
		side = 220
	}
	top := high - side - 90
	if dark {
		b.block(0, top-50, Wide, high-top+50, 0, b.ink.paper, 0)
	}
	b.scan(Wide-84-side, top, side)
	b.text(84, top, Wide-84*2-side-50, side*0.55, 46, t.call, color, heavy, mid)
	b.text(84, top+side*0.58, Wide-84*2-side-50, side*0.4, 30, t.foot, soft)
}

// hero is a large headline on a ground with circles.
func hero(ink palette) func(*board, words) {
	return func(b *board, t words) {
		b.ink = ink
		high := float64(b.High())
		b.disc(Wide-420, -180, 640, ink.accent, 16)
		b.disc(-200, high*0.42, 460, ink.accent, 10)
		top, size, body := 190.0, 112.0, 52.0
		room := 400.0
		if !b.tall {
			top, size, body, room = 90, 84, 40, 230
		}
		b.block(84, top, 96, 12, 6, ink.accent, 0)
		b.text(84, top+36, Wide-168, 56, 38, t.kick, ink.accent, heavy)
		b.text(84, top+110, Wide-168, room, size, t.head, ink.strong, heavy)
		at := top + 110 + room + 30
		b.text(84, at, Wide-168, high-at-450, body, t.body, ink.soft)
		if b.tall && len(t.rows) > 0 {
			b.table(t, high-430-float64(len(t.rows))*104, 104)
		}
		b.foot(t, false)
	}
}

// table is labels with values, one below the other.
func (b *board) table(t words, top, step float64) {
	for i, r := range t.rows {
		y := top + float64(i)*step
		b.block(84, y+step-10, Wide-168, 2, 0, b.ink.soft, 30)
		b.text(84, y, 240, step-14, 34, r[0], b.ink.soft, mid)
		b.text(324, y, Wide-324-84, step-14, 42, r[1], b.ink.strong, heavy, mid, right)
	}
}

// card is a sheet of paper on a coloured ground.
func card(ink palette) func(*board, words) {
	return func(b *board, t words) {
		b.ink = ink
		high := float64(b.High())
		b.disc(-160, -160, 480, ink.accent, 22)
		b.disc(Wide-260, high-620, 520, ink.accent, 14)
		top, end := 150.0, high-440
		if !b.tall {
			top, end = 60, high-340
		}
		b.block(60, top, Wide-120, end-top, 36, ink.paper, 0)
		b.block(60, top, Wide-120, 20, 10, ink.accent, 0)
		y := top + 70
		step, size := 112.0, 76.0
		if !b.tall {
			y, step, size = top+40, 74, 54
		}
		b.text(120, y, Wide-240, 50, 34, t.kick, ink.accent, heavy)
		b.text(120, y+58, Wide-240, size*2.4, size, t.head, ink.strong, heavy)
		rows := float64(len(t.rows))
		at := y + 58 + size*2.6
		b.text(120, at, Wide-240, max(40, end-at-rows*step-60), size*0.68, t.body, ink.soft)
		from := end - 40 - rows*step
		for i, r := range t.rows {
			line := from + float64(i)*step
			b.block(120, line, Wide-240, 2, 0, ink.soft, 25)
			b.text(120, line+2, 230, step-4, 32, r[0], ink.soft, mid)
			b.text(350, line+2, Wide-470, step-4, 40, r[1], ink.strong, heavy, mid, right)
		}
		b.foot(t, false)
	}
}

// ticket is a slip with a row of holes.
func ticket(ink palette) func(*board, words) {
	return func(b *board, t words) {
		b.ink = ink
		top, cut, end := 330.0, 1010.0, 1330.0
		if !b.tall {
			top, cut, end = 190, 520, 720
		}
		b.text(84, top-b.pick(190, 100), Wide-168, 90, 46, t.kick, ink.accent, heavy, centre)
		b.block(84, top, Wide-168, end-top, 40, ink.strong, 0)
		for x := 130.0; x < Wide-130; x += 42 {
			b.disc(x, cut-6, 12, ink.below, 60)
		}
		b.disc(84-36, cut-36, 72, b.ink.below, 0)
		b.disc(Wide-84-36, cut-36, 72, b.ink.below, 0)
		b.text(140, top+50, Wide-280, (cut-top)*0.5, b.pick(120, 88), t.head, ink.below, heavy, centre, mid)
		b.text(140, top+60+(cut-top)*0.5, Wide-280, (cut-top)*0.38, b.pick(46, 34), t.body, ink.above, centre)
		b.text(140, cut+46, Wide-280, end-cut-80, b.pick(56, 42), t.rows[0][0]+"\n"+t.rows[0][1], ink.below, heavy, centre, mid)
		b.foot(t, false)
	}
}

func (b *board) pick(tall, flat float64) float64 {
	if b.tall {
		return tall
	}
	return flat
}

// pass is a card that is carried: a name and a number on a plate.
func pass(ink palette) func(*board, words) {
	return func(b *board, t words) {
		b.ink = ink
		top := b.pick(430, 130)
		high := b.pick(620, 540)
		b.text(84, b.pick(180, 40), Wide-168, b.pick(160, 70), b.pick(72, 44), t.kick, ink.strong, heavy, centre, mid)
		b.block(84, top+14, Wide-168, high, 44, "#000000", 25)
		b.block(84, top, Wide-168, high, 44, ink.paper, 0)
		b.disc(Wide-420, top-20, 300, ink.accent, 18)
		b.block(84, top+high-110, Wide-168, 110, 44, ink.accent, 0)
		b.block(84, top+high-110, Wide-168, 60, 0, ink.accent, 0)
		b.text(150, top+70, Wide-300, 60, 38, "{{group}}", ink.soft)
		b.text(150, top+b.pick(150, 120), Wide-300, 140, b.pick(104, 88), t.head, ink.strong, heavy, mid)
		b.text(150, top+high-b.pick(270, 220), Wide-300, 60, 38, t.body, ink.soft)
		b.text(150, top+high-100, Wide-300, 90, 44, t.rows[0][1], ink.below, heavy, mid)
		if b.tall {
			b.text(84, top+high+70, Wide-168, 200, 40, t.rows[1][1], ink.soft, centre)
		}
		b.foot(t, false)
	}
}

// tiles are three figures.
func tiles(ink palette) func(*board, words) {
	return func(b *board, t words) {
		b.ink = ink
		top := b.pick(170, 70)
		b.text(84, top, Wide-168, 56, 38, t.kick, ink.accent, heavy)
		b.text(84, top+70, Wide-168, b.pick(230, 120), b.pick(96, 68), t.head, ink.strong, heavy)
		wide := (Wide - 168.0 - 2*28) / 3
		y := top + b.pick(340, 215)
		for i, r := range t.rows {
			x := 84 + float64(i)*(wide+28)
			b.block(x, y, wide, b.pick(290, 220), 28, ink.paper, 0)
			b.block(x+36, y+36, 56, 10, 5, ink.accent, 0)
			b.text(x+20, y+66, wide-40, b.pick(120, 90), b.pick(92, 72), r[1], ink.strong, heavy, mid)
			b.text(x+24, y+b.pick(200, 158), wide-44, 60, 32, r[0], ink.soft)
		}
		at := y + b.pick(290, 220) + b.pick(60, 30)
		b.text(84, at, Wide-168, float64(b.High())-at-b.pick(410, 320), b.pick(46, 34), t.body, ink.strong)
		b.foot(t, false)
	}
}

func shipped() []Shipped {
	return []Shipped{
		{"welcome", hero(dawn), words{"欢迎新人", "{{group}}", "欢迎你，{{name}}", "{{text}}", [][2]string{{"先看", "群公告与群规"}, {"再说", "一句自我介绍"}, {"有事", "找值班同学"}}, "扫码进群", "长按识别二维码", tryZh("text", "这里有 300 位一起读书的人。每周一本，周日晚上聊一聊。")},
			words{"Welcome", "{{group}}", "Welcome, {{name}}", "{{text}}", [][2]string{{"First", "read the rules"}, {"Then", "say hello"}, {"Questions", "ask who is on duty"}}, "Scan to join", "Point your camera at the code", tryEn("text", "300 people read here together: one book a week, one talk on Sunday evening.")}},
		{"event", card(sky), words{"活动海报", "{{group}} · 活动", "{{title}}", "{{text}}", [][2]string{{"时间", "{{date}}"}, {"地点", "{{place}}"}, {"主持", "{{host}}"}}, "扫码报名", "名额有限，先到先得", tryZh("title", "周日城墙徒步", "text", "从南门走到北门，九公里，慢慢走，中途喝茶。", "date", "12 月 6 日 9:00", "place", "南门游客中心", "host", "大刘")},
			words{"Event", "{{group}} · event", "{{title}}", "{{text}}", [][2]string{{"When", "{{date}}"}, {"Where", "{{place}}"}, {"Host", "{{host}}"}}, "Scan to sign up", "First come, first served", tryEn("title", "Sunday walk on the wall", "text", "South gate to north gate, nine kilometres, slowly, with tea on the way.", "date", "6 Dec, 9:00", "place", "South gate", "host", "Liu")}},
		{"report", tiles(leaf), words{"周报", "{{group}} · {{date}}", "这一周，我们", "{{text}}", [][2]string{{"条消息", "{{n1}}"}, {"人发言", "{{n2}}"}, {"位新人", "{{n3}}"}}, "一起来", "扫码进群", tryZh("date", "第 48 周", "text", "聊得最多的是《边城》的结尾；周三的答疑回了 27 个问题。", "n1", "1,284", "n2", "96", "n3", "14")},
			words{"Weekly report", "{{group}} · {{date}}", "This week we had", "{{text}}", [][2]string{{"messages", "{{n1}}"}, {"who spoke", "{{n2}}"}, {"newcomers", "{{n3}}"}}, "Join us", "Scan the code", tryEn("date", "week 48", "text", "Most was said about the last page of the novel; 27 questions were answered on Wednesday.", "n1", "1,284", "n2", "96", "n3", "14")}},
		{"draw", ticket(cherry), words{"抽奖", "{{group}} 抽奖", "{{title}}", "{{text}}", [][2]string{{"开奖时间", "{{date}}"}}, "扫码参加", "结果和种子会公布，可以自己验算", tryZh("title", "送 5 本《边城》", "text", "在群里回复“抽奖”就算参加，每人一次。", "date", "12 月 6 日 20:00")},
			words{"Draw", "A draw in {{group}}", "{{title}}", "{{text}}", [][2]string{{"Drawn on", "{{date}}"}}, "Scan to take part", "Result and seed are published", tryEn("title", "5 books to win", "text", "Reply “draw” in the group, once each.", "date", "6 Dec, 20:00")}},
		{"course", hero(night), words{"课程", "{{host}} 主讲", "{{title}}", "{{text}}", [][2]string{{"开课", "{{date}}"}, {"费用", "{{price}}"}}, "扫码试听", "第一课免费", tryZh("title", "七天学会写长文", "text", "每天一个练习，群里交作业，老师逐篇点评。", "host", "阿宁", "date", "12 月 8 日", "price", "¥99.00")},
			words{"Course", "with {{host}}", "{{title}}", "{{text}}", [][2]string{{"Begins", "{{date}}"}, {"Price", "{{price}}"}}, "Scan for a trial", "The first lesson is free", tryEn("title", "Long texts in seven days", "text", "One exercise a day, handed in here; each is read and answered.", "host", "Ning", "date", "8 Dec", "price", "¥99.00")}},
		{"card", pass(slate), words{"会员卡", "会员卡", "{{name}}", "No. {{number}}", [][2]string{{"有效期", "有效期至 {{date}}"}, {"", "{{text}}"}}, "出示此卡", "仅限本人使用", tryZh("number", "00128", "date", "2027 年 11 月 30 日", "text", "凭此卡参加每月一次的线下见面。")},
			words{"Member card", "Member card", "{{name}}", "No. {{number}}", [][2]string{{"Until", "Valid until {{date}}"}, {"", "{{text}}"}}, "Show this card", "For its holder alone", tryEn("number", "00128", "date", "30 Nov 2027", "text", "It opens the door of the monthly meeting.")}},
		{"referral", hero(plum), words{"邀请海报", "{{name}} 邀请你", "一起来\n{{group}}", "{{text}}", [][2]string{{"人数", "{{n1}}"}, {"节奏", "{{n2}}"}}, "扫我的码进群", "这是 {{name}} 的专属二维码", tryZh("text", "我在这里读了半年书，觉得你也会喜欢。", "n1", "300 位书友", "n2", "每周一本")},
			words{"Referral", "{{name}} invites you", "Join\n{{group}}", "{{text}}", [][2]string{{"People", "{{n1}}"}, {"Pace", "{{n2}}"}}, "Scan my code", "This code is {{name}}’s own", tryEn("text", "I have been reading here for half a year, and think you would like it.", "n1", "300 readers", "n2", "a book a week")}},
		{"rules", card(paper), words{"群规", "{{group}} 群规", "三条就够", "{{text}}", [][2]string{{"一", "不发广告和外链"}, {"二", "对事不对人"}, {"三", "先搜再问"}}, "全文扫码看", "违规三次移出，可以申诉", tryZh("text", "守住这三条，其余随意聊。")},
			words{"Rules", "Rules of {{group}}", "Three are enough", "{{text}}", [][2]string{{"1", "no advertisements or links"}, {"2", "the matter, not the person"}, {"3", "search before you ask"}}, "Scan for all of it", "Three strikes and you are out; you may appeal", tryEn("text", "Keep these three, and talk about what you like.")}},
		{"live", card(leaf), words{"在线答疑", "{{group}} · 答疑", "{{title}}", "{{text}}", [][2]string{{"嘉宾", "{{host}}"}, {"时间", "{{date}}"}}, "扫码提问", "先收问题，当晚逐条答", tryZh("title", "第一次带团要注意什么", "text", "路线、保险、走散了怎么办，都可以问。", "host", "老周，领队十年", "date", "周三 20:00")},
			words{"Live answers", "{{group}} · questions", "{{title}}", "{{text}}", [][2]string{{"Guest", "{{host}}"}, {"When", "{{date}}"}}, "Scan to ask", "Questions first, answers that evening", tryEn("title", "Your first guided walk", "text", "Routes, insurance, what to do when somebody is lost.", "host", "Zhou, guide for ten years", "date", "Wed, 20:00")}},
		{"streak", tiles(dawn), words{"打卡", "{{group}} · 打卡", "{{name}} 坚持住了", "{{text}}", [][2]string{{"天", "{{n1}}"}, {"本书", "{{n2}}"}, {"名次", "{{n3}}"}}, "和我一起", "扫码加入打卡", tryZh("text", "“今天读到翠翠在渡口等人那一页，停了很久。”", "n1", "21", "n2", "3", "n3", "7")},
			words{"Streak", "{{group}} · streak", "{{name}} kept at it", "{{text}}", [][2]string{{"days", "{{n1}}"}, {"books", "{{n2}}"}, {"place", "{{n3}}"}}, "Join me", "Scan to begin", tryEn("text", "“Today I stopped for long at the page where she waits by the river.”", "n1", "21", "n2", "3", "n3", "7")}},
		{"goods", card(cherry.light()), words{"好物", "{{group}} 好物", "{{title}}", "{{text}}", [][2]string{{"群友价", "{{price}}"}, {"截止", "{{date}}"}}, "扫码下单", "售后找值班同学", tryZh("title", "手冲咖啡豆 250 g", "text", "群友自己烘的，中浅烘，周五发货。", "price", "¥49.90", "date", "12 月 4 日")},
			words{"Goods", "From {{group}}", "{{title}}", "{{text}}", [][2]string{{"Price here", "{{price}}"}, {"Until", "{{date}}"}}, "Scan to order", "Questions: who is on duty", tryEn("title", "Coffee beans, 250 g", "text", "Roasted by one of us, medium light; sent on Friday.", "price", "¥49.90", "date", "4 Dec")}},
		{"thanks", hero(leaf.deep()), words{"致谢", "{{group}} 感谢你", "谢谢你，\n{{name}}", "{{text}}", [][2]string{{"因为", "{{n1}}"}, {"获得", "{{n2}}"}}, "来看更多故事", "扫码进群", tryZh("text", "这个月你答了 31 个问题，有 18 位新人是因为你留下来的。", "n1", "答疑之星", "n2", "核心成员")},
			words{"Thanks", "{{group}} thanks you", "Thank you,\n{{name}}", "{{text}}", [][2]string{{"For", "{{n1}}"}, {"Now", "{{n2}}"}}, "More stories", "Scan to join", tryEn("text", "You answered 31 questions this month; 18 newcomers stayed because of you.", "n1", "31 answers", "n2", "core member")}},
		{"hiring", hero(slate), words{"招募", "{{group}} 招募", "{{title}}", "{{text}}", [][2]string{{"每周", "{{n1}}"}, {"截止", "{{date}}"}}, "扫码报名", "有问题先问群主", tryZh("title", "招 3 位值班同学", "text", "帮新人找到答案，把重复的问题写进群文档。", "n1", "两小时", "date", "12 月 10 日")},
			words{"Call for helpers", "{{group}} is looking for", "{{title}}", "{{text}}", [][2]string{{"A week", "{{n1}}"}, {"Until", "{{date}}"}}, "Scan to apply", "Ask the owner first", tryEn("title", "Three to be on duty", "text", "Help newcomers to their answers; write down what is asked again and again.", "n1", "two hours", "date", "10 Dec")}},
	}
}

// light is the palette on a light ground.
func (p palette) light() palette {
	return palette{"#fff1f0", "#ffd6d2", "#6d0b10", p.above, "#ffffff", "#94504f"}
}

// deep is the palette on a dark ground.
func (p palette) deep() palette {
	return palette{"#0f5c45", "#06281f", "#ffffff", "#8ce99a", "#0f5c45", "#c3ead6"}
}

func tryZh(more ...string) map[string]string {
	return tried(map[string]string{"name": "小林", "group": "晨读一群", "link": "https://q.example.cn/j/abcdefgh/k7m2p9"}, more)
}

func tryEn(more ...string) map[string]string {
	return tried(map[string]string{"name": "Lin", "group": "Morning Readers", "link": "https://q.example.cn/j/abcdefgh/k7m2p9"}, more)
}

func tried(out map[string]string, more []string) map[string]string {
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// Names lists the templates that come with Qunluo, as lists show them.
func Names() []string {
	var out []string
	for _, s := range shipped() {
		out = append(out, s.Name)
	}
	return out
}

// Template gives a layout that comes with Qunluo in a language (zh-CN or en) on a canvas, and values to look at it with.
// community.CodeNotFound: there is none.
func Template(name, lang, canvas string) (Layout, map[string]string, error) {
	list := shipped()
	i := slices.IndexFunc(list, func(s Shipped) bool { return s.Name == name })
	if i < 0 || canvas != Portrait && canvas != Square {
		return Layout{}, nil, community.Errorf(community.CodeNotFound, "poster template %q: there is none", name)
	}
	t := list[i].zh
	if lang == "en" {
		t = list[i].en
	}
	b := &board{Layout: Layout{Title: t.title, Canvas: canvas}, tall: canvas == Portrait}
	list[i].draw(b, t)
	b.Ground = Ground{b.ink.above, b.ink.below}
	for i := range b.Layers {
		if y := &b.Layers[i]; y.Kind == Text {
			y.W, y.H = max(y.W, 40), max(y.H, y.Size)
		}
	}
	return b.Layout, t.try, nil
}
