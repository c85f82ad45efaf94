package tier

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Benefit is something that the members of a tier are entitled to as long as they stand in it.
type Benefit struct {
	ID      community.ID
	Group   community.GroupKey
	Tier    Tier
	Name    string
	Means   string // what it is, spelled out
	Created int64  // UTC ms
	User    string
	Ended   int64 // UTC ms; 0 = it is given
	Holders int   // who holds it now
	Uses    int
}

// Check says what is wrong with a benefit: community.CodeBadInput.
func (b Benefit) Check() error {
	if _, err := Parse(string(b.Tier)); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(b.Name)); n < 1 || n > 60 {
		return community.Errorf(community.CodeBadInput, "benefit: want a name of 1 to 60 characters")
	}
	if utf8.RuneCountInString(b.Means) > 500 {
		return community.Errorf(community.CodeBadInput, "benefit: want at most 500 characters of what it is")
	}
	return nil
}

// Grant is a benefit in somebody's hands.
type Grant struct {
	Benefit   community.ID
	Name      string // of the benefit
	Tier      Tier
	Group     community.GroupKey
	Member    community.MemberKey
	MemberID  community.ID
	Called    string // the member
	Granted   int64  // UTC ms
	Withdrawn int64  // UTC ms; 0 = held
}

// Use is the proof that somebody used a benefit.
type Use struct {
	ID       community.ID
	Benefit  community.ID
	Name     string // of the benefit
	Tier     Tier
	Member   community.MemberKey
	MemberID community.ID
	Called   string // the member
	At       int64  // UTC ms
	What     string
	User     string
}
