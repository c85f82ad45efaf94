package table

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Doc is a document that is kept elsewhere, such as one of 腾讯文档: only known here, so that somebody looks at who may see it.
type Doc struct {
	ID        community.ID
	Org       community.OrgKey
	Group     community.GroupKey // 0 = of the whole organisation
	GroupID   community.ID
	GroupName string
	Title     string
	Link      string
	Owner     string // id of who answers for it
	Purpose   string
	Every     int    // days between two reviews of who may see it; 0 = once
	Review    int64  // the day of the next review, from 1970; 0 = none
	Reviewed  int64  // UTC ms; 0 = never
	Reviewer  string // id of who did
	Note      string // what they found
	Version   int64
	Created   int64 // UTC ms
	Gone      int64 // taken out of the register; 0 = it stands there
}

// Bounds of Doc, in characters and days.
const (
	MaxPurpose = 300
	MaxEvery   = 1100
)

// Check puts a document in order. CodeBadInput, with a sentence for people.
func (d *Doc) Check() error {
	d.Title, d.Purpose, d.Note = strings.TrimSpace(clean(d.Title)), strings.TrimSpace(clean(d.Purpose)), strings.TrimSpace(clean(d.Note))
	link, err := Column{Name: "链接", Kind: Link, Needed: true}.Clean(d.Link)
	if err != nil {
		return Fault(community.CodeBadInput, "链接要以 http:// 或 https:// 开头。", "link: want one that begins with http:// or https://")
	}
	d.Link = link
	switch {
	case d.Title == "" || utf8.RuneCountInString(d.Title) > MaxTitle:
		return Fault(community.CodeBadInput, fmt.Sprintf("名称要有 1 到 %d 个字。", MaxTitle), fmt.Sprintf("a title has 1 to %d characters", MaxTitle))
	case d.Purpose == "" || utf8.RuneCountInString(d.Purpose) > MaxPurpose:
		return Fault(community.CodeBadInput, fmt.Sprintf("用途要有 1 到 %d 个字。", MaxPurpose), fmt.Sprintf("a purpose has 1 to %d characters", MaxPurpose))
	case utf8.RuneCountInString(d.Note) > MaxNote:
		return Fault(community.CodeTooLarge, fmt.Sprintf("备注最多 %d 个字。", MaxNote), fmt.Sprintf("a note has at most %d characters", MaxNote))
	case d.Owner == "":
		return Fault(community.CodeBadInput, "要有一个负责人。", "owner: somebody answers for it")
	case d.Every < 0 || d.Every > MaxEvery:
		return Fault(community.CodeBadInput, fmt.Sprintf("复查间隔是 0 到 %d 天。", MaxEvery), fmt.Sprintf("every: want 0 to %d days", MaxEvery))
	case d.Review < 0 || d.Review > 400_000:
		return Fault(community.CodeBadInput, "复查日期不对。", "review: not a date")
	}
	return nil
}

// Done is the document after who may see it was looked at on a day: the next review follows.
func (d Doc) Done(today int64, user, note string, at int64) Doc {
	d.Reviewed, d.Reviewer, d.Note = at, user, note
	if d.Review = 0; d.Every > 0 {
		d.Review = today + int64(d.Every)
	}
	return d
}

// Due reports whether who may see it is to be looked at, today or since.
func (d Doc) Due(today int64) bool { return d.Gone == 0 && d.Review > 0 && d.Review <= today }
