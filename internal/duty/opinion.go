package duty

import (
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Opinion is what an alarm about public opinion says: several members complain about one thing.
type Opinion struct {
	Group    string // its name
	Members  int    // who spoke of it
	Sour     int    // of them, who complained
	Messages int
	Minutes  int
	Growth   int   // times what is usual
	Curve    []int // messages by equal parts of the minutes, the oldest first
}

// opinionSubject begins the subject of such an alarm; the decision's id follows.
const opinionSubject = "opinion:"

// OpinionOf is the subject of the alarm about a decision.
func OpinionOf(decision community.ID) string { return opinionSubject + decision.String() }

// OpinionDecision reads the decision from the subject of an alarm.
func (a Alarm) OpinionDecision() (community.ID, bool) {
	text, is := strings.CutPrefix(a.Subject, opinionSubject)
	id, err := community.ParseID(text)
	return id, is && err == nil && a.Kind == KindOpinion
}

// ReadOpinion reads an alarm's detail: a group's name, a colon, and the figures as the rule gives them.
func ReadOpinion(detail string) (Opinion, bool) {
	i := strings.LastIndex(detail, ": ")
	if i < 0 {
		return Opinion{}, false
	}
	o := Opinion{Group: detail[:i]}
	var curve string
	if _, err := fmt.Sscan(detail[i+2:], &o.Members, &o.Sour, &o.Messages, &o.Minutes, &o.Growth, &curve); err != nil {
		return Opinion{}, false
	}
	for part := range strings.SplitSeq(curve, ",") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return Opinion{}, false
		}
		o.Curve = append(o.Curve, n)
	}
	return o, true
}

// Words are the figures by the names that sentences about them use.
func (o Opinion) Words() []any {
	return []any{"group", o.Group, "members", o.Members, "sour", o.Sour, "messages", o.Messages, "minutes", o.Minutes, "growth", o.Growth}
}
