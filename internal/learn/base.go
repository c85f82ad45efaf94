package learn

import (
	"embed"
	"strings"
	"sync"

	"qunluo/internal/lexicon"
)

//go:embed examples/spam.txt examples/ham.txt
var written embed.FS

// Copies of each line of the examples that came with the program: every one is filled in otherwise.
const (
	spamCopies = 10
	hamCopies  = 10
)

// Base are the examples that come with the program, all written for it: some hundred lines of advertising, fraud and
// baiting and as many of ordinary talk, each filled in several times, the first sort also disguised as such texts are.
// Always the same, in the same order.
var Base = sync.OnceValue(func() []Example {
	var out []Example
	for _, part := range []struct {
		file   string
		copies int
		spam   bool
	}{{"examples/spam.txt", spamCopies, true}, {"examples/ham.txt", hamCopies, false}} {
		raw, err := written.ReadFile(part.file)
		if err != nil {
			panic(err) // embedded
		}
		out = append(out, fillIn(string(raw), part.copies, part.spam)...)
	}
	return out
})

func fillIn(lines string, copies int, spam bool) (out []Example) {
	seen := map[string]bool{}
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for n := range copies {
			w := &writer{dice: lexicon.HashExact(line) ^ uint64(n)*mulA}
			w.roll(1)
			text, _ := w.write(line)
			if spam {
				text = w.disguise(text)
			}
			if text = strings.TrimSpace(text); text != "" && !seen[text] {
				seen[text] = true
				out = append(out, Example{Text: text, Spam: spam})
			}
		}
	}
	return out
}

// writer fills lines in. Its dice are fixed by the line, so that other lines change nothing.
type writer struct{ dice uint64 }

func (w *writer) roll(n int) int {
	w.dice += 0x9e3779b97f4a7c15
	h := w.dice
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return int((h ^ h>>31) % uint64(n))
}

func (w *writer) one(of []string) string { return of[w.roll(len(of))] }

// write takes one choice of every {a|b} and fills the $slots; rest is what lies behind the brace that closes text.
func (w *writer) write(text string) (out, rest string) {
	var choices []string
	var b strings.Builder
	for text != "" {
		switch text[0] {
		case '{':
			var inner string
			inner, text = w.write(text[1:])
			b.WriteString(inner)
		case '|':
			choices = append(choices, b.String())
			b.Reset()
			text = text[1:]
		case '}':
			return w.one(append(choices, b.String())), text[1:]
		case '$':
			name := slotName(text[1:])
			b.WriteString(w.slot(name))
			text = text[1+len(name):]
		default:
			b.WriteByte(text[0])
			text = text[1:]
		}
	}
	return b.String(), ""
}

func slotName(text string) string {
	for _, s := range slots() {
		if strings.HasPrefix(text, s.name) {
			return s.name
		}
	}
	return ""
}

func (w *writer) slot(name string) string {
	for _, s := range slots() {
		if s.name == name {
			return s.fill(w)
		}
	}
	return "$"
}

type slot struct {
	name string
	fill func(w *writer) string
}

// slots, those whose name begins with another's first.
func slots() []slot {
	list := func(words string) func(w *writer) string {
		all := strings.Split(words, "|")
		return func(w *writer) string { return w.one(all) }
	}
	return []slot{
		{"ip", func(w *writer) string {
			return w.digits(2) + "." + w.digits(1+w.roll(3)) + "." + w.digits(1+w.roll(3)) + "." + w.digits(1+w.roll(3))
		}},
		{"list", func(w *writer) string {
			sep := w.one([]string{" ", "  ", "-", ".", "，", "、", "/", "+", ", ", ":"})
			out := w.digits(1 + w.roll(4))
			for range 2 + w.roll(7) {
				out += sep + w.digits(1+w.roll(4))
			}
			return out
		}},
		{"long", func(w *writer) string {
			return strings.Repeat(w.one([]string{"3", "5", "6", "哈", "啊", "a", "h", "z", "。", "！", "-", "=", "~", "呜", "噢", "x", "1", "包", "牛"}), 5+w.roll(25))
		}},
		{"hex", func(w *writer) string {
			out := ""
			for range 8 + w.roll(25) {
				out += string("0123456789abcdef"[w.roll(16)])
			}
			if w.roll(2) == 0 {
				out = strings.ToUpper(out)
			}
			return out
		}},
		{"name", list("xiaoy|lao_zhou|阿青|小满|bluefish|tom88|风|夜猫子|guest42|老张|m1ke|云淡")},
		{"num", func(w *writer) string { return w.digits(1 + w.roll(3)) }},
		{"en", list("sudo apt-get update|git pull|make install|ifconfig|dmesg|vim|ls -l|chmod +x|pip install|npm run build|systemctl status|ssh -p 22|grep -r|apt-cache search|top|ping|fdisk -l")},
		{"nick", func(w *writer) string { return w.id() }},
		{"n", func(w *writer) string { return w.one([]string{"2", "3", "5", "8", "10", "12", "20", "35"}) }},
		{"url", list("http://paste.example.org/1842|https://github.com/some/repo/issues/12|www.example.edu.cn/news|https://zh.wikipedia.org/wiki/Linux|http://t.example.cn/s9K2|https://mp.example.com/s?id=3381|http://bbs.example.org/viewtopic.php?f=8&t=2041|https://pic.example.net/a/77.png")},
		{"vx", list("微信|加微|加V|vx|VX：|薇信|威信|➕薇|wx:|V信：|加薇：|徽信|卫星|+v |薇❤|微-信|维信|wei信|VX|v:|加威|➕V |伽薇")},
		{"qq", func(w *writer) string { return w.spread(w.digits(7 + w.roll(4))) }},
		{"q", list("QQ|扣扣|企鹅|q群|叩叩|球球|QQ群：|Q：|企-鹅|➕Q |扣：|口口|伽扣|Q裙")},
		{"id", func(w *writer) string { return w.id() }},
		{"phone", func(w *writer) string { return w.spread("1" + w.one([]string{"3", "5", "7", "8"}) + w.digits(9)) }},
		{"tg", func(w *writer) string { return "@" + w.id() }},
		{"money", list("300+|500|过千|上千|5000|8千|过万|3万|一两千|200-800|1600+|10w|五千起")},
		{"link", func(w *writer) string {
			return w.one([]string{"http://", "https://", "www.", "", "https://t.me/", "https://t.me/+", "t.me/"}) + w.id() + w.one([]string{".com", ".cc", ".top", ".vip", ".xyz/" + w.id(), ".net", "", ".cn/" + w.id(), "点com", "。com", " .cc"})
		}},
		{"fill", list("| |❤|☀☀|🔥|~|✨|——|ᛟ|ᚦ|ꙮ|…|+|》|╬|◆|🈲|💋")},
	}
}

func (w *writer) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + w.roll(10))
	}
	if b[0] == '0' {
		b[0] = '1'
	}
	return string(b)
}

// spread writes a number as numbers are written that a filter is not to see.
func (w *writer) spread(number string) string {
	sep := w.one([]string{"", "", "", " ", "-", "."})
	if sep == "" {
		return number
	}
	every := 1 + w.roll(4)
	var b strings.Builder
	for i := range number {
		if i > 0 && i%every == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(number[i])
	}
	return b.String()
}

func (w *writer) id() string {
	letters := "abcdefghijklmnopqrstuvwxyz"
	if w.roll(2) == 0 {
		letters = strings.ToUpper(letters)
	}
	var b strings.Builder
	for range 2 + w.roll(3) {
		b.WriteByte(letters[w.roll(26)])
	}
	if w.roll(6) > 0 {
		b.WriteString(w.digits(3 + w.roll(3)))
	} else {
		for range 4 {
			b.WriteByte(letters[w.roll(26)])
		}
	}
	return b.String()
}

// disguise writes a text as such texts are written; about half of them plainly.
func (w *writer) disguise(text string) string {
	all := []func(w *writer, text string) string{nil, nil, nil, nil, nil, likeSounding, likeSounding, symbols, fancy, hidden, repeated, decorated}
	if how := all[w.roll(len(all))]; how != nil {
		return how(w, text)
	}
	return text
}

// homophones stand for characters that filters look for.
const homophones = "加伽佳家嘉 看砍 片篇骗 微薇威徽维 信伩芯 群裙羣 钱錢浅 费沸 赚撰 聊撩嫽 黄簧皇 约箹曰 盘磐 名茗 服伏 单丹 裸果 妹媚 兼煎 职值 贷代 票飘 彩采 博菠 赌堵 推蓷 现珼 卡咔"

func likeSounding(w *writer, text string) string {
	out := []rune(text)
	for i, r := range out {
		for row := range strings.FieldsSeq(homophones) {
			if same := []rune(row); same[0] == r && w.roll(3) > 0 {
				out[i] = same[1+w.roll(len(same)-1)]
			}
		}
	}
	return string(out)
}

// symbols stand between the characters.
func symbols(w *writer, text string) string {
	sep := w.one([]string{"-", ".", " ", "+", "~", "/", "_", "*", "❤", "．"})
	var b strings.Builder
	for i, r := range []rune(text) {
		if i > 0 && w.roll(3) > 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fancy writes letters and digits in another form.
func fancy(w *writer, text string) string {
	from := [][3]rune{{'Ａ', 'ａ', '０'}, {0x1d400, 0x1d41a, 0x1d7ce}, {0x1d5d4, 0x1d5ee, 0x1d7ec}, {0x24b6, 0x24d0, 0}}[w.roll(4)]
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return from[0] + r - 'A'
		case 'a' <= r && r <= 'z':
			return from[1] + r - 'a'
		case '1' <= r && r <= '9' && from[2] == 0:
			return '①' + r - '1'
		case '0' <= r && r <= '9' && from[2] != 0:
			return from[2] + r - '0'
		}
		return r
	}, text)
}

// hidden puts characters in that nobody sees, or in front.
func hidden(w *writer, text string) string {
	mark := []string{"\u200b", "\ufeff", "\u0335", "\u2060", "\u034f"}[w.roll(5)]
	if w.roll(2) == 0 {
		return mark + text
	}
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(r)
		b.WriteString(mark)
	}
	return b.String()
}

func repeated(w *writer, text string) string {
	return strings.Repeat(text+w.one([]string{"", " ", "  ", "，"}), 2+w.roll(2))
}

// decorated puts letters and signs around that mean nothing, so that no two are alike.
func decorated(w *writer, text string) string {
	return w.one([]string{w.id(), strings.ToUpper(w.id()[:2]), "❤❤", "【", "🔥🔥", w.digits(3)}) + text + w.one([]string{"", w.id(), "】", "❤", w.digits(2), "ᛟ", "ᚦ.", "。。"})
}
