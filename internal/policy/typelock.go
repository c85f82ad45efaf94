package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// typeLock (类型锁) hits when a message is, or holds, something of a kind that the group locks. What the allow list names is
// not locked; in a picture's reading (community.MediaRead) it finds codes and links.
type typeLock struct {
	Locks     []string         `json:"locks"`
	Long      int              `json:"long"`   // long: more characters than this
	Exempt    []community.Role `json:"exempt"` // beside the book's immune roles
	Hours     Hours            `json:"hours,omitzero"`
	NightOnly bool             `json:"night_only"`
	rows      []lockRow        // of lockRows, as chosen
	hours     window
}

// lockRow is one lock: what it is called and what it finds.
type lockRow struct {
	name  string
	title [2]string
	finds func(t *typeLock, l *look, r *rule) *finding // nil = nothing
}

const (
	lockLong   = "long"
	lockAtAll  = "at_all"
	lockAtMany = "at_many"
)

// manyMentions is from how many members on a message mentions many.
const manyMentions = 5

// atAll are the words by which apps mention everybody, where the platform does not tell it otherwise.
var atAll = []string{"@所有人", "@全体成员", "@everyone", "@all "}

// defaultLong is from how many characters on a text is long.
const defaultLong = 500

func lockRows() []lockRow {
	return []lockRow{
		{"link", words("链接", "Links"), lockLinks},
		{"qr", words("图片里的二维码", "QR codes in pictures"), lockCodes},
		{"card", words("名片", "Name cards"), ofClass(community.Card, "")},
		{"app", words("小程序和分享卡片", "Mini-programs and share cards"), lockApps},
		{"file", words("文件", "Files"), ofClass(community.File, "file")},
		{"image", words("图片", "Pictures"), ofClass(community.Image, "image")},
		{"voice", words("语音", "Voice"), ofClass(community.Voice, "audio")},
		{"video", words("视频", "Videos"), ofClass(community.Video, "video")},
		{"forward", words("转发的聊天记录", "Forwarded messages"), ofClass(community.Forward, "")},
		{lockAtAll, words("@所有人", "Mentions of everybody"), lockMentions},
		{lockAtMany, words("一条里 @ 很多人", "Mentions of many at once"), lockManyMentions},
		{lockLong, words("长文字", "Long text"), lockTexts},
	}
}

func typeLockKind() kind {
	var locks []Choice
	for _, row := range lockRows() {
		locks = append(locks, Choice{row.name, row.title})
	}
	roles := []Choice{
		{string(community.RoleOwner), words("群主", "Owner")}, {string(community.RoleAdmin), words("管理员", "Admin")},
		{string(community.RoleStaff), words("工作人员", "Staff")}, {string(community.RoleBot), words("机器人", "Bots")},
	}
	return kind{
		schema: Schema{
			Name: "lock", Title: words("类型锁", "Type lock"), Sanction: true,
			Summary: words("本群不能发所选类型的消息；白名单里的域名、小程序和成员除外。", "Messages of the chosen types may not be sent here; domains, mini-programs and members of the allowlist are free."),
			Reason:  words("本群暂不开放这类消息", "messages of this type are locked here"),
			Fields: []Field{
				{Name: "locks", Title: words("锁住哪些类型", "What is locked"), Type: typeChoices, Required: true, Choices: locks},
				{Name: "long", Title: words("超过多少字算长文字", "Long text: more characters than"), Type: typeInt, Min: 1, Max: 20000, Default: defaultLong},
				{Name: "exempt", Title: words("哪些角色不受限", "Roles that are free"), Type: typeChoices, Choices: roles,
					Help: words("群规里“不受处罚的角色”总是不受限", "the book's immune roles are always free")},
				{Name: "night_only", Title: words("只在夜间", "By night only"), Type: typeBool, Help: words("群规里的夜间", "the book's night")},
				{Name: "hours", Title: words("只在这段时间", "Only in these hours"), Type: typeObject, Fields: hoursFields()},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			t := &typeLock{Long: defaultLong}
			json.Unmarshal(params, t)
			t.hours = b.window(path+".hours", t.Hours)
			for _, row := range lockRows() {
				if slices.Contains(t.Locks, row.name) {
					t.rows = append(t.rows, row)
				}
			}
			r.does = t
		},
	}
}

// seesPictures reports whether the rule wants to know what stands in pictures.
func (t *typeLock) seesPictures() bool { return slices.Contains(t.Locks, "qr") }

func (t *typeLock) judge(l *look, r *rule) {
	if !t.locked(l) {
		return
	}
	for _, row := range t.rows {
		if row.finds(t, l, r) != nil {
			return // the first lock says it
		}
	}
}

// locked reports whether the lock holds for this member now.
func (t *typeLock) locked(l *look) bool {
	if slices.Contains(t.Exempt, l.member.Role) || slices.Contains(t.Exempt, l.member.Mark) {
		return false
	}
	if t.NightOnly && !l.night() {
		return false
	}
	return t.hours == (window{}) || t.hours.holds(l.state.clock.minute(l.rb.loc, l.ev.At))
}

// ofClass finds messages of a class and, where there is such a segment, messages that hold one.
func ofClass(class community.Class, segment string) func(*typeLock, *look, *rule) *finding {
	return func(_ *typeLock, l *look, r *rule) *finding {
		b := &l.ev.Body
		holds := b.Class == class || segment != "" && slices.ContainsFunc(b.Segments, func(s community.Segment) bool {
			switch {
			case s.Kind != segment:
				return false
			case segment == "audio":
				return b.Class != community.File // a piece of music sent as a file
			case segment == "image":
				return b.Class != community.Sticker
			}
			return true
		})
		if !holds {
			return nil
		}
		return l.find(r, "lock "+lockName(class))
	}
}

// lockName is how a lock of a class is called.
func lockName(class community.Class) string {
	switch class {
	case community.Card:
		return "card"
	case community.File:
		return "file"
	case community.Image:
		return "image"
	case community.Voice:
		return "voice"
	case community.Video:
		return "video"
	}
	return "forward"
}

func lockLinks(_ *typeLock, l *look, r *rule) *finding {
	var f *finding
	for _, k := range l.linksOf() {
		if k.Span.End > 0 && l.isAllowed(k.Span) {
			l.spare(r, "lock link", k.Span)
			continue
		}
		if f == nil {
			f = l.find(r, "lock link")
		}
		if k.Span.End > 0 {
			f.span(k.Span)
		}
	}
	if f == nil && l.isBareLink() {
		f = l.find(r, "lock link")
	}
	return f
}

// lockApps finds mini-programs and share cards; where all of a message's are known and allowed, nothing.
func lockApps(_ *typeLock, l *look, r *rule) *finding {
	if is, free := l.apps(); !is && l.ev.Body.Class != community.Share || free {
		return nil
	}
	return l.find(r, "lock app")
}

// lockCodes finds QR codes in a reading. One that holds a link to an allowed domain is free.
func lockCodes(_ *typeLock, l *look, r *rule) *finding {
	var f *finding
	for _, code := range l.codes {
		if l.isAllowed(code) {
			l.spare(r, "lock qr", code)
			continue
		}
		if f == nil {
			f = l.find(r, "lock qr")
		}
		f.span(code)
	}
	return f
}

func lockTexts(t *typeLock, l *look, r *rule) *finding {
	text := l.ev.Body.Text
	if l.ev.Type == community.MediaRead || len(text) <= t.Long {
		return nil
	}
	n := utf8.RuneCountInString(text)
	if n <= t.Long {
		return nil
	}
	return l.find(r, fmt.Sprintf("lock long %d>%d", n, t.Long))
}

// lockMentions finds that everybody is mentioned.
func lockMentions(_ *typeLock, l *look, r *rule) *finding {
	if l.ev.Type == community.MediaRead {
		return nil
	}
	if slices.ContainsFunc(l.ev.Body.Segments, func(s community.Segment) bool { return s.Kind == "at_all" }) {
		return l.find(r, "lock at_all")
	}
	text := l.ev.Body.Text
	for _, word := range atAll {
		if i := strings.Index(text, word); i >= 0 {
			f := l.find(r, "lock at_all")
			f.span(community.Span{Start: i, End: i + len(word)})
			return f
		}
	}
	return nil
}

// lockManyMentions finds that many members are mentioned at once.
func lockManyMentions(_ *typeLock, l *look, r *rule) *finding {
	n := 0
	for _, s := range l.ev.Body.Segments {
		if s.Kind == "at" {
			n++
		}
	}
	if n < manyMentions {
		return nil
	}
	return l.find(r, fmt.Sprintf("lock at_many %d>%d", n, manyMentions-1))
}
