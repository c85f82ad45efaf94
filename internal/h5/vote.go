package h5

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
)

// Votes knows the weekly votes and takes what members choose. Whoever holds a member's link may use it.
type Votes interface {
	// Ballot gives what a link shows. community.CodeNotFound: it was not made here, or they are a member no longer; CodeLate: the
	// link is over.
	Ballot(ctx context.Context, link string) (Ballot, error)
	// Cast takes a vote; a later one takes its place. Codes as of points.Ballot.Take.
	Cast(ctx context.Context, link string, no int) error
}

// BallotCounting is the state of a vote whose time is over and that is not counted yet.
const BallotCounting = "counting"

// Ballot is a group's vote as the public page tells of it.
type Ballot struct {
	Group       string
	Zone        string
	Name        string // of the member whose link it is; "" = the group's page, on which nobody votes and no words stand
	Week        string // "" = there was no vote yet
	State       string
	Opens, Ends int64
	Word        string
	Prizes      []points.Prize
	Candidates  []Choice
	Stand       int // candidates that stand
	Mine        int // the number they chose; 0 = none yet
}

// Choice is a candidate.
type Choice struct {
	points.Candidate
	Own  bool // by the member themselves
	Tied bool
}

// vote shows a ballot.
func (p *pages) vote(w http.ResponseWriter, r *http.Request) error {
	return p.showVote(w, r, http.StatusOK, "")
}

func (p *pages) showVote(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	if p.deps.Votes == nil {
		return community.Errorf(community.CodeNotFound, "no votes here")
	}
	b, err := p.deps.Votes.Ballot(r.Context(), r.PathValue("link"))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	t := p.words(r)
	v := voteView(t, b)
	v.Fault, v.Said = fault, ""
	if r.URL.Query().Get("said") == "1" && fault == "" && b.Mine > 0 {
		v.Said = t.T("vote.page_said", "no", b.Mine)
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is the member's own
	p.render(w, r, status, t, v.Title, view.VotePage(v))
	return nil
}

func voteView(t *i18n.Words, b Ballot) view.Vote {
	v := view.Vote{Title: t.T("vote.page_title"), Line: plain(b.Group), Button: t.T("vote.page_button"), Foot: t.T("vote.page_foot")}
	if b.Week == "" {
		v.State = t.T("vote.page_never")
		return v
	}
	at := time.UnixMilli(b.Ends).In(zoneOf(b.Zone)).Format("2006-01-02 15:04")
	state := b.State
	if state == points.BallotOpen && b.Stand == 0 {
		state = "nothing"
	}
	v.State = t.T("vote.page_"+state, "at", at, "num", b.Stand)
	v.Form = state == points.BallotOpen && b.Name != ""
	if b.Name != "" {
		v.Who = t.T("vote.page_who", "name", plain(b.Name))
	} else if state == points.BallotOpen {
		v.Who = t.T("vote.page_group", "word", b.Word)
	}
	for i, prize := range b.Prizes {
		if text := prizeText(t, prize); text != "" {
			v.Prizes = append(v.Prizes, view.Fact{Name: t.T("vote.place", "place", i+1), Text: text})
		}
	}
	ended := b.State == points.BallotEnded
	list := b.Candidates
	if ended {
		list = ranked(list)
	}
	for _, c := range list {
		if c.Out != "" && !ended {
			continue
		}
		v.Choices = append(v.Choices, choiceView(t, b, c, ended))
	}
	return v
}

// ranked puts what has a place first.
func ranked(list []Choice) []Choice {
	plainList := make([]points.Candidate, len(list))
	by := map[int]Choice{}
	for i, c := range list {
		plainList[i], by[c.No] = c.Candidate, c
	}
	var votes []points.Vote
	for _, c := range list {
		for range c.Votes {
			votes = append(votes, points.Vote{No: c.No})
		}
	}
	out := make([]Choice, 0, len(list))
	for _, c := range points.Count(plainList, votes) {
		out = append(out, by[c.No])
	}
	return out
}

func choiceView(t *i18n.Words, b Ballot, c Choice, ended bool) view.Choice {
	one := view.Choice{No: strconv.Itoa(c.No), Title: t.T("vote.page_no", "no", c.No, "name", plain(c.Name)), Mine: c.No == b.Mine, Off: c.Own}
	if one.Text = plain(c.Text); b.Name == "" || c.Out != "" {
		one.Text = ""
	} else if one.Text == "" {
		one.Text = t.T("vote.no_text")
	}
	if c.Own && !ended {
		one.Notes = append(one.Notes, t.T("vote.page_own"))
	}
	if one.Mine {
		one.Notes = append(one.Notes, t.T("vote.page_mine"))
	}
	if ended {
		note := t.T("vote.page_votes", "num", c.Votes)
		if c.Place > 0 {
			note = t.T("vote.place", "place", c.Place) + " · " + note
			if c.Tied {
				note += t.T("vote.tell_tied")
			}
		}
		if c.Out != "" {
			note = t.T("vote.out_" + c.Out)
		}
		one.Notes = append(one.Notes, note)
	}
	return one
}

func prizeText(t *i18n.Words, p points.Prize) string {
	var parts []string
	if p.Points > 0 {
		parts = append(parts, t.T("vote.points", "num", p.Points))
	}
	if p.Name != "" {
		parts = append(parts, plain(p.Name))
	}
	return strings.Join(parts, t.T("list.comma"))
}

// voteCast takes what a member chose.
func (p *pages) voteCast(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Votes == nil {
		return community.Errorf(community.CodeNotFound, "no votes here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	t := p.words(r)
	if err := r.ParseForm(); err != nil {
		return p.showVote(w, r, http.StatusRequestEntityTooLarge, t.T("vote.fault_bad_input"))
	}
	no, err := strconv.Atoi(r.PostFormValue("no"))
	if err != nil {
		return p.showVote(w, r, http.StatusUnprocessableEntity, t.T("vote.fault_bad_input"))
	}
	if _, err := p.deps.Votes.Ballot(r.Context(), r.PathValue("link")); err != nil {
		return p.showVote(w, r, http.StatusOK, "") // says itself that the link leads nowhere
	}
	err = p.deps.Votes.Cast(r.Context(), r.PathValue("link"), no)
	faults := map[community.Code]int{community.CodeLate: http.StatusGone, community.CodeConflict: http.StatusConflict, community.CodeNotFound: http.StatusUnprocessableEntity, community.CodeForbidden: http.StatusForbidden}
	code := community.CodeOf(err)
	if status, said := faults[code]; said {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showVote(w, r, status, t.T("vote.fault_"+string(code)))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?said=1", http.StatusSeeOther)
	return nil
}
