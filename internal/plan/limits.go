package plan

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Kinds of findings about what a platform takes. They stand beside those about links.
const (
	TextLimit  LinkKind = "text_limit"  // the text is too long
	PieceLimit LinkKind = "piece_limit" // too many pieces
	PieceFit   LinkKind = "piece_fit"   // a connection does not take a piece
	Notice     LinkKind = "notice"      // what to know before sending
)

// SendRule is one dated limit of what a platform lets a mass send hold.
type SendRule struct {
	ID       string
	Platform community.Platform
	Since    string // "2006-01-02": it holds from that day on (UTC)
	Kind     LinkKind
	Way      Sends // which kind of send it is about
	Bytes    int   // TextLimit: of the text, as UTF-8; 0 = counted otherwise
	Runes    int   // or characters
	Units    int   // or units of UTF-16
	With     bool  // TextLimit: of a text that goes with pieces
	Pieces   int   // PieceLimit: the link included
	Warn     bool  // it only warns: it depends on more than the platform, or the text still arrives
	Source   string
	Verified bool
	Reason   [2]string
	Instead  [2]string
}

// Sends says which kind of send a limit is about.
type Sends int8

// Kinds of sends.
const (
	AnySend    Sends = iota
	MassSends        // that a person confirms at the platform
	DirectSend       // that a connection makes by itself
)

// SendRules are the limits that are known, by what the platforms' documents say. A limit whose first day the document does
// not tell holds since 2020-01-01; none was compared with its document word for word, and it says so of itself. What is not
// here is not known: CheckLimits says so.
func SendRules() []SendRule {
	const wecom = "企业微信文档 92135（创建企业群发）"
	return []SendRule{
		{ID: "wecom-text", Platform: "wecom", Since: "2020-01-01", Kind: TextLimit, Way: MassSends, Bytes: 4000, Source: wecom,
			Reason:  [2]string{"企业微信群发的正文最多 4000 字节（约 1300 个汉字），再长会被拒收", "the text of a WeCom mass send holds at most 4,000 bytes (about 1,300 Chinese characters); a longer one is refused"},
			Instead: [2]string{"缩短正文，把细节放到链接或文件里", "shorten the text and put details into the link or a file"}},
		{ID: "wecom-attachments", Platform: "wecom", Since: "2020-01-01", Kind: PieceLimit, Way: MassSends, Pieces: 9, Source: wecom,
			Reason:  [2]string{"企业微信一条群发最多 9 个附件，链接也算一个", "a WeCom mass send holds at most 9 attachments, the link among them"},
			Instead: [2]string{"去掉几个，或分两次发", "leave some out, or send twice"}},
		{ID: "wecom-confirm", Platform: "wecom", Since: "2020-01-01", Kind: Notice, Way: MassSends, Source: wecom,
			Reason:  [2]string{"企业微信群发要群主在手机上点“发送”才发出；每个群每月能收的次数有限（按管理员选的：当月天数、每周 7 次或每天 1 次），24 小时内最多催 3 次", "a WeCom mass send goes out when the owner taps Send on the phone; how many a group gets is limited (as the administrator chose: as many as the month has days, 7 a week or 1 a day), and 3 reminders fit into 24 hours"},
			Instead: [2]string{"留出确认的时间，避开深夜", "leave time for confirming; avoid the night"}},
		{ID: "irc-line", Platform: "irc", Since: "1993-05-01", Kind: TextLimit, Bytes: 400, Warn: true, Source: "RFC 1459 §2.3",
			Reason:  [2]string{"IRC 一行最多 512 字节（含命令），再长会拆成几行发出", "a line of IRC holds at most 512 bytes with its command; longer words go out as several lines"},
			Instead: shorter},
		{ID: "wecom-robot-text", Platform: "wecom", Since: "2020-01-01", Kind: TextLimit, Way: DirectSend, Bytes: 2048, Warn: true, Source: "企业微信文档 91770（群机器人）、智能机器人长连接",
			Reason:  [2]string{"企业微信群机器人一条文字最多 2048 字节，智能机器人最多 20480 字节，再长发不出去", "a text of WeCom's group webhook holds at most 2,048 bytes, one of its smart bot 20,480; a longer one is not sent"},
			Instead: shorter},
		{ID: "telegram-text", Platform: "telegram", Since: "2020-01-01", Kind: TextLimit, Units: 4096, Source: "Telegram Bot API, sendMessage",
			Reason:  [2]string{"Telegram 一条消息最多 4096 个字符（表情算两个），再长会被拒收", "a message of Telegram holds at most 4,096 characters (an emoji counts as two); a longer one is refused"},
			Instead: shorter},
		{ID: "telegram-caption", Platform: "telegram", Since: "2020-01-01", Kind: TextLimit, Units: 1024, With: true, Source: "Telegram Bot API, sendPhoto",
			Reason:  [2]string{"Telegram 附件的说明最多 1024 个字符，再长会被拒收", "words that go with an attachment hold at most 1,024 characters on Telegram; longer ones are refused"},
			Instead: [2]string{"缩短正文，或把附件分开发", "shorten the text, or send the attachment by itself"}},
		{ID: "discord-text", Platform: "discord", Since: "2020-01-01", Kind: TextLimit, Runes: 2000, Source: "Discord API, Create Message",
			Reason:  [2]string{"Discord 机器人一条消息最多 2000 个字符，再长会被拒收", "a message of a bot on Discord holds at most 2,000 characters; a longer one is refused"},
			Instead: shorter},
		{ID: "feishu-text", Platform: "lark", Since: "2020-01-01", Kind: TextLimit, Bytes: 100_000, Source: "飞书文档“发送消息”（请求体最大 150 KB）",
			Reason:  [2]string{"飞书一条文字消息的请求最大 150 KB，本连接最多发 100000 字节", "a request with a text holds at most 150 KB on Feishu; this connection sends at most 100,000 bytes"},
			Instead: shorter},
		{ID: "dingtalk-text", Platform: "dingtalk", Since: "2020-01-01", Kind: TextLimit, Bytes: 15_000, Source: "钉钉文档“自定义机器人”（消息体最大 20000 字节）",
			Reason:  [2]string{"钉钉机器人一条消息的请求最大 20000 字节，本连接最多发 15000 字节", "a request of a DingTalk robot holds at most 20,000 bytes; this connection sends at most 15,000"},
			Instead: shorter},
		{ID: "mp-text", Platform: "mp", Since: "2020-01-01", Kind: TextLimit, Bytes: 2048, Source: "公众号文档“客服消息”（上限未写明，按实测报告）",
			Reason:  [2]string{"公众号一条客服文字最多 2048 字节，再长会被拒收（45002）", "a customer-service text of an Official Account holds at most 2,048 bytes; a longer one is refused (45002)"},
			Instead: shorter},
	}
}

// shorter is what helps where a text is too long.
var shorter = [2]string{"缩短正文", "shorten the text"}

// simulated is the platform of the simulator, which takes everything.
const simulated = "sim"

// unknown says that nobody knows what a platform takes.
func unknown(platform community.Platform) Finding {
	return Finding{Rule: "unknown", Kind: Notice, Link: string(platform), Found: "–", Verified: true, Source: "–",
		Reason:  [2]string{"这个平台一条最多发多少字没有可靠的出处，未知：太长可能被拒收", "how long a text this platform takes is not known from any document: one that is too long may be refused"},
		Instead: [2]string{"先往一个群试发", "try one group first"}}
}

// CheckLimits judges a post, as it would be said on a platform, by the limits that hold at a moment. Of what is beyond a
// limit the send is refused, whoever forces it.
func CheckLimits(rules []SendRule, p Post, platform community.Platform, way Sends, at int64) []Finding {
	today := time.UnixMilli(at).UTC().Format(time.DateOnly)
	var out []Finding
	known := platform == simulated
	for _, r := range rules {
		if r.Platform != platform || r.Since > today || r.Way != AnySend && r.Way != way {
			continue
		}
		known = known || r.Kind == TextLimit
		found, hit := r.found(p)
		if !hit {
			continue
		}
		out = append(out, Finding{Rule: r.ID, Kind: r.Kind, Since: r.Since, Link: string(platform), Found: found, Refuse: r.Kind != Notice && !r.Warn,
			Source: r.Source, Verified: r.Verified, Reason: r.Reason, Instead: r.Instead})
	}
	if !known {
		out = append(out, unknown(platform))
	}
	return out
}

func (r SendRule) found(p Post) (string, bool) {
	pieces := len(p.Pieces)
	if p.Link.URL != "" {
		pieces++
	}
	switch r.Kind {
	case TextLimit:
		return r.tooLong(p)
	case PieceLimit:
		return fmt.Sprintf("%d > %d", pieces, r.Pieces), pieces > r.Pieces
	}
	return "", r.Kind == Notice
}

// tooLong measures a text as the platform counts it.
func (r SendRule) tooLong(p Post) (string, bool) {
	if r.With && len(p.Pieces) == 0 {
		return "", false
	}
	n, most, unit := len(p.Text), r.Bytes, " B"
	switch {
	case r.Runes > 0:
		n, most, unit = utf8.RuneCountInString(p.Text), r.Runes, ""
	case r.Units > 0:
		n, most, unit = len(utf16.Encode([]rune(p.Text))), r.Units, ""
	}
	return fmt.Sprintf("%d > %d%s", n, most, unit), n > most
}

// whys say why a connection does not take a piece.
var whys = map[community.Code][2]string{
	community.CodeUnsupported: {"这些群的连接发不了这种附件", "the connection of these groups cannot send an attachment of this kind"},
	community.CodeTooLarge:    {"附件超过这些群的连接能发的大小", "the attachment is larger than the connection of these groups sends"},
	community.CodeLimited:     {"附件个数超过这些群的连接一条能带的", "these are more attachments than the connection of these groups sends at once"},
}

// lacking is what a piece lacks in some groups.
type lacking struct {
	platform community.Platform
	misfit   Misfit
	groups   int
}

// fits judges the pieces of a post by what each group's connection takes, and the text by the platforms' limits.
func fits(p Post, rows []Reach, public string, at int64) []Finding {
	var out []Finding
	var list []lacking
	for _, r := range rows {
		said, gone := Fit(p, r.Takes, public)
		for _, m := range gone {
			i := slices.IndexFunc(list, func(l lacking) bool { return l.platform == r.Group.Platform && l.misfit == m })
			if i < 0 {
				i = len(list)
				list = append(list, lacking{r.Group.Platform, m, 0})
			}
			list[i].groups++
		}
		if r.Takes.Hand {
			continue
		}
		way := DirectSend
		if r.Takes.Card {
			way = MassSends
		}
		for _, f := range CheckLimits(SendRules(), said, r.Group.Platform, way, at) {
			if !slices.ContainsFunc(out, func(had Finding) bool { return had.Rule == f.Rule && had.Link == f.Link }) {
				out = append(out, f)
			}
		}
	}
	for _, l := range list {
		out = append(out, l.finding(p.Pieces[l.misfit.Piece]))
	}
	return out
}

func (l lacking) finding(p Piece) Finding {
	f := Finding{Rule: "abilities", Kind: PieceFit, Link: p.Called(), Found: fmt.Sprintf("%s × %d", l.platform, l.groups), Refuse: !l.misfit.Linked, Verified: true,
		Source: "能力矩阵", Reason: whys[l.misfit.Code], Instead: [2]string{"去掉它、不发这些群，或勾选“发不了的改成文字加链接”", "leave it out, leave these groups out, or choose to send a link in its place"}}
	switch l.misfit.Code {
	case community.CodeTooLarge:
		f.Found += fmt.Sprintf(" · %d > %d B", p.Bytes, l.misfit.Most)
	case community.CodeLimited:
		f.Found += fmt.Sprintf(" · %d", l.misfit.Most)
	default:
		f.Found += " · " + p.Type
	}
	if l.misfit.Linked {
		f.Instead = [2]string{"这些群收到的是文字加链接", "these groups get the text with a link to it"}
	}
	return f
}

// Unfit says why a post cannot be sent to one group at all, as its connection and the limits of its platform are at a
// moment; nil = it can. What a person puts in by hand always can.
func Unfit(p Post, g community.GroupRow, takes Carries, public string, at int64) []Finding {
	return slices.DeleteFunc(fits(p, []Reach{{Group: g, Takes: takes}}, public, at), func(f Finding) bool { return !Impossible([]Finding{f}) })
}

// Impossible reports whether a finding says that the send cannot be done at all, whoever wants it.
func Impossible(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool {
		return f.Refuse && (f.Kind == TextLimit || f.Kind == PieceLimit || f.Kind == PieceFit || f.Kind == Exclusive || f.Kind == Unfilled)
	})
}
