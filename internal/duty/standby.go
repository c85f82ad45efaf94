package duty

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Standby is where a group goes when its account is lost.
type Standby struct {
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	To        community.GroupKey // another group of ours, on any platform; 0 = none: only the invitation is given
	ToID      community.ID
	ToName    string
	ToOn      community.Platform
	Invite    string // what people are told, with the link or number to go by
	Updated   int64
}

// MaxInvite bounds an invitation, in characters.
const MaxInvite = 1000

// Check says what is wrong with a standby: CodeBadInput or CodeTooLarge.
func (s Standby) Check() error {
	switch {
	case s.To == s.Group:
		return community.Errorf(community.CodeBadInput, "to: a group cannot be its own standby")
	case s.To == 0 && strings.TrimSpace(s.Invite) == "":
		return community.Errorf(community.CodeBadInput, "to: want a group, an invitation, or both")
	case utf8.RuneCountInString(s.Invite) > MaxInvite:
		return community.Errorf(community.CodeTooLarge, "invite: at most %d characters", MaxInvite)
	}
	return nil
}

// Detour (改道) is the time during which a group goes on in its standby. While it is on, what is sent to the group goes there.
type Detour struct {
	ID      community.ID
	Org     community.OrgKey
	Standby              // as it was when it began
	Alarm   community.ID // the loss that it answers; zero = a person's word
	Began   int64
	BegunBy string
	Ended   int64 // 0 = it is on
	EndedBy string
	Why     string // why it ended: "online", or a person's words
	Members int64  // on the group's member list when it began
}

// Soul is somebody on a member list.
type Soul struct {
	Member   community.MemberKey
	MemberID community.ID
	Person   int64 // several accounts of one human have the same; 0 = alone
	Name     string
	External string
}

// How somebody was found in the standby.
const (
	BySelf   = "account" // the same account
	ByPerson = "person"  // another account of the same human
	ByName   = "name"    // nobody else on either list is called so: probable, not certain
)

// Arrived is somebody of the group with how they were found in the standby; How "" = not yet.
type Arrived struct {
	Soul
	How string
	As  Soul // whom they are there
}

// Roll is a group's last member list held against the standby's.
type Roll struct {
	Expected int // on the group's list
	Here     int // of them in the standby, those by name included
	ByName   int // of them found by name alone
	New      int // in the standby and on nobody's list
	People   []Arrived
}

// CallRoll holds a group's last member list against who is in the standby now. People are in the order of the list.
func CallRoll(was, now []Soul) Roll {
	r := Roll{Expected: len(was)}
	taken := map[community.MemberKey]bool{}
	byMember, byPerson := map[community.MemberKey]Soul{}, map[int64]Soul{}
	for _, s := range now {
		byMember[s.Member] = s
		if s.Person != 0 {
			byPerson[s.Person] = s
		}
	}
	for _, s := range was {
		a := Arrived{Soul: s}
		if there, ok := byMember[s.Member]; ok {
			a.How, a.As = BySelf, there
		} else if there, ok := byPerson[s.Person]; ok && s.Person != 0 {
			a.How, a.As = ByPerson, there
		}
		if a.How != "" {
			taken[a.As.Member] = true
			r.Here++
		}
		r.People = append(r.People, a)
	}
	r.nameThem(now, taken)
	for _, s := range now {
		if !taken[s.Member] {
			r.New++
		}
	}
	return r
}

// nameThem finds those not found yet by a name that one person bears on each list.
func (r *Roll) nameThem(now []Soul, taken map[community.MemberKey]bool) {
	bearers := func(list []Soul) map[string]int {
		n := map[string]int{}
		for _, s := range list {
			n[s.Name]++
		}
		return n
	}
	was := make([]Soul, len(r.People))
	for i, p := range r.People {
		was[i] = p.Soul
	}
	here, there := bearers(was), bearers(now)
	for i := range r.People {
		p := &r.People[i]
		if p.How != "" || utf8.RuneCountInString(p.Name) < 2 || here[p.Name] != 1 || there[p.Name] != 1 {
			continue
		}
		at := slices.IndexFunc(now, func(s Soul) bool { return s.Name == p.Name })
		if taken[now[at].Member] {
			continue
		}
		taken[now[at].Member] = true
		p.How, p.As = ByName, now[at]
		r.Here++
		r.ByName++
	}
}
