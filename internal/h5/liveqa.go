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
	"qunluo/internal/plan"
)

// LiveQAs knows the live Q&As. Everybody may look; who has a link of their own signs up, asks and votes by it, and a guest is given one.
// community.CodeNotFound: there is no such live Q&A, the link is of another, or they are a member no longer; CodeLate: the link is over.
type LiveQAs interface {
	// Studio gives what an address shows; pass is a person's own part of it, "" = everybody's page.
	Studio(ctx context.Context, code, pass string) (Studio, error)
	// Join signs a guest up and gives their own part of the address. CodeBadInput: the name; CodeLate.
	Join(ctx context.Context, code, name string) (pass string, err error)
	Sign(ctx context.Context, code, pass string, off bool) error
	// Ask takes a question. CodeBadInput, CodeTooLarge, CodeConflict: not yet, or they asked it before; CodeLate, CodeLimited, CodeRefused: too many.
	Ask(ctx context.Context, code, pass, text string, anonymous bool) error
	// Withdraw takes a question back. CodeNotFound: it is not theirs; CodeConflict: it was answered.
	Withdraw(ctx context.Context, code, pass string, no int) error
	// Vote takes a vote, or (off) takes it back. CodeLate, CodeNotFound, CodeConflict: it is their own.
	Vote(ctx context.Context, code, pass string, no int, off bool) error
	// Go says where the link to the live leads; count: it is counted where it leads there.
	Go(ctx context.Context, code, pass string, count bool) (Studio, error)
}

// Studio is a live Q&A as the public page tells of it.
type Studio struct {
	plan.LiveQA
	Shown  plan.LiveState
	Gate   plan.LiveGate
	Takes  bool                // questions and votes
	Who    int64               // whose link it is; 0 = everybody's page
	Name   string              // of them
	MySign bool                // they signed up
	Signed int                 // people who signed up
	List   []plan.LiveQuestion // those with the most votes first; names of others masked, "" = they do not show who they are
}

const (
	mostAsked = 50 // questions on a page: one is 1.5 KB at most, and a page at most 60 KB compressed
	joins     = 30 // guests from one address of the net within an hour: a whole school may sit behind one
)

// studio shows a live Q&A.
func (p *pages) studio(w http.ResponseWriter, r *http.Request) error {
	return p.showStudio(w, r, http.StatusOK, "")
}

func (p *pages) showStudio(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	if p.deps.LiveQAs == nil {
		return community.Errorf(community.CodeNotFound, "no live Q&As here")
	}
	s, err := p.deps.LiveQAs.Studio(r.Context(), r.PathValue("code"), r.PathValue("pass"))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	t := p.words(r)
	v := studioView(t, s, r.PathValue("pass"))
	v.Fault, v.Asked = fault, ""
	if fault != "" {
		v.Asked = clip(r.PostFormValue("text"), plan.MaxQuestion*2) // what they wrote is not lost
	} else if said := r.URL.Query().Get("said"); s.Who != 0 && t.Has("liveqa.page_said_"+said) {
		v.Said = t.T("liveqa.page_said_" + said)
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may be a person's own
	p.render(w, r, status, t, v.Title, view.StudioPage(v))
	return nil
}

func whenLive(s Studio, at int64) string {
	return time.UnixMilli(at).In(zoneOf(s.Zone)).Format("2006-01-02 15:04")
}

func studioView(t *i18n.Words, s Studio, pass string) view.Studio {
	home := "/live/" + s.Code
	if pass != "" {
		home += "/" + pass
	}
	v := view.Studio{Title: plain(s.Title), Line: plain(s.GroupName), Foot: t.T("liveqa.page_foot"), Home: home, Text: t.T("liveqa.page_text"), Most: plan.MaxQuestion, NameMost: plan.MaxLiveName,
		Button: t.T("liveqa.page_ask"), Hidden: t.T("liveqa.page_hidden"), ListHead: t.T("liveqa.page_list"), NameLabel: t.T("liveqa.page_name"), JoinButton: t.T("liveqa.page_join")}
	v.State = t.T("liveqa.page_"+string(s.Shown), "opens", whenLive(s, s.Opens), "why", plain(s.Why))
	v.Facts = append(v.Facts, view.Fact{Name: t.T("liveqa.page_when"), Text: whenLive(s, s.Starts) + " – " + time.UnixMilli(s.Ends).In(zoneOf(s.Zone)).Format("15:04") + t.T("draw.in_zone", "zone", s.Zone)})
	if s.Host != "" {
		v.Facts = append(v.Facts, view.Fact{Name: t.T("liveqa.page_host"), Text: plain(s.Host)})
	}
	v.Facts = append(v.Facts, view.Fact{Name: t.T("liveqa.page_signed"), Text: strconv.Itoa(s.Signed)})
	if s.Gate == plan.GateOpen {
		v.Go, v.GoText = home+"/go", t.T("liveqa.page_go")
	}
	over := s.Shown == plan.LiveOver || !s.Running()
	switch {
	case s.Who != 0:
		v.Own = append(v.Own, t.T("liveqa.page_of", "name", plain(s.Name)))
		if s.Who < 0 {
			v.Own = append(v.Own, t.T("liveqa.page_keep"))
		}
		if !over {
			v.Sign, v.SignText = "sign", t.T("liveqa.page_sign")
			if s.MySign {
				v.Own = append(v.Own, t.T("liveqa.page_signed_up"))
				v.Sign, v.SignText = "unsign", t.T("liveqa.page_unsign")
			}
		}
		v.Ask = s.Takes
		v.AskNote = t.T("liveqa.page_ask_note", "most", plan.LiveOpenEach, "chars", plan.MaxQuestion)
	case !over:
		v.Join = true
		v.JoinNote = t.T("liveqa.page_join_note", "word", plain(s.Word))
	}
	for _, a := range s.List {
		if a.Stands() && len(v.List) < mostAsked || a.Mine && a.State != plan.AskWithdrawn {
			v.List = append(v.List, askedView(t, s, a))
		}
	}
	if len(v.List) == 0 && s.Shown != plan.LiveCancelled {
		v.Empty = t.T("liveqa.page_empty")
	}
	if (s.State == plan.LiveAnswered || s.State == plan.LiveArchived) && s.Notes != "" {
		v.NotesHead, v.Notes = t.T("liveqa.page_notes"), plainLines(s.Notes)
	}
	return v
}

// plainLines is plain for words of several lines.
func plainLines(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = plain(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func askedView(t *i18n.Words, s Studio, a plan.LiveQuestion) view.Asked {
	one := view.Asked{No: strconv.Itoa(a.No), Text: plainLines(a.Text), Answer: plainLines(a.Answer), AnswerHead: t.T("liveqa.page_answer")}
	if len(one.Text) == 0 {
		one.Text = []string{t.T("liveqa.page_gone")}
	}
	name := t.T("liveqa.page_somebody")
	if a.Name != "" {
		name = plain(a.Name)
	}
	one.Line = t.T("liveqa.page_votes", "no", a.No, "name", name, "num", a.Votes)
	if a.Guests > 0 {
		one.Line += t.T("liveqa.page_guests", "num", a.Guests)
	}
	if a.Mine {
		one.Notes = append(one.Notes, t.T("liveqa.page_mine"))
		if a.Anonymous {
			one.Notes = append(one.Notes, t.T("liveqa.page_mine_hidden"))
		}
	}
	switch a.State {
	case plan.AskMerged:
		one.Notes = append(one.Notes, t.T("liveqa.page_merged", "no", a.Into))
		for _, b := range s.List {
			if b.No == a.Into {
				one.Answer = plainLines(b.Answer)
			}
		}
	case plan.AskPassed:
		one.Notes = append(one.Notes, t.T("liveqa.page_passed", "why", plain(a.Reason)))
	}
	if s.State == plan.LivePlanned || s.State == plan.LiveCollecting || s.Shown == plan.LiveOn || s.Shown == plan.LiveOver {
		one.Answer = nil // answers are told when all of it is finished
	}
	switch {
	case a.Mine && a.State != plan.AskAnswered && s.Running():
		one.Do, one.DoText = "withdraw", t.T("liveqa.page_withdraw")
	case s.Who == 0 || !s.Takes || a.State != plan.AskOpen || a.Mine:
	case a.Voted:
		one.Do, one.DoText = "unvote", t.T("liveqa.page_unvote")
	default:
		one.Do, one.DoText = "vote", t.T("liveqa.page_vote")
	}
	return one
}

// studioJoin gives a guest a link of their own.
func (p *pages) studioJoin(w http.ResponseWriter, r *http.Request) error {
	if p.deps.LiveQAs == nil {
		return community.Errorf(community.CodeNotFound, "no live Q&As here")
	}
	t := p.words(r)
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	if err := r.ParseForm(); err != nil {
		return p.showStudio(w, r, http.StatusRequestEntityTooLarge, t.T("liveqa.fault_too_large"))
	}
	if ok, wait := p.joining.Allow(httpd.ClientIP(r.Context()).String()); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		return p.showStudio(w, r, http.StatusTooManyRequests, t.T("liveqa.fault_joins"))
	}
	pass, err := p.deps.LiveQAs.Join(r.Context(), r.PathValue("code"), r.PostFormValue("name"))
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeLate {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showStudio(w, r, http.StatusUnprocessableEntity, t.T("liveqa.fault_join_"+string(code)))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/live/"+r.PathValue("code")+"/"+pass+"?said=sign", http.StatusSeeOther)
	return nil
}

// studioDo does what somebody asks for by their own link.
func (p *pages) studioDo(w http.ResponseWriter, r *http.Request) error {
	if p.deps.LiveQAs == nil {
		return community.Errorf(community.CodeNotFound, "no live Q&As here")
	}
	t := p.words(r)
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	if err := r.ParseForm(); err != nil {
		return p.showStudio(w, r, http.StatusRequestEntityTooLarge, t.T("liveqa.fault_too_large"))
	}
	ctx, code, pass := r.Context(), r.PathValue("code"), r.PathValue("pass")
	if _, err := p.deps.LiveQAs.Studio(ctx, code, pass); err != nil {
		return p.showStudio(w, r, http.StatusOK, "") // says itself that the link leads nowhere
	}
	do := r.PostFormValue("do")
	no, err := strconv.Atoi(r.PostFormValue("no"))
	if err != nil {
		no, err = 0, nil // no question has that number
	}
	switch do {
	case "sign", "unsign":
		err = p.deps.LiveQAs.Sign(ctx, code, pass, do == "unsign")
	case "ask":
		err = p.deps.LiveQAs.Ask(ctx, code, pass, r.PostFormValue("text"), r.PostFormValue("hidden") != "")
	case "withdraw":
		err = p.deps.LiveQAs.Withdraw(ctx, code, pass, no)
	case "vote", "unvote":
		err = p.deps.LiveQAs.Vote(ctx, code, pass, no, do == "unvote")
	default:
		return p.showStudio(w, r, http.StatusUnprocessableEntity, t.T("liveqa.fault_do"))
	}
	faults := map[community.Code]int{community.CodeBadInput: http.StatusUnprocessableEntity, community.CodeTooLarge: http.StatusUnprocessableEntity, community.CodeConflict: http.StatusConflict, community.CodeNotFound: http.StatusConflict,
		community.CodeLate: http.StatusGone, community.CodeLimited: http.StatusTooManyRequests, community.CodeRefused: http.StatusTooManyRequests}
	if status, said := faults[community.CodeOf(err)]; said {
		httpd.Note(ctx, r.Pattern, nil)
		key := "liveqa.fault_" + do + "_" + string(community.CodeOf(err))
		if !t.Has(key) {
			key = "liveqa.fault_do"
		}
		return p.showStudio(w, r, status, t.T(key, "most", plan.LiveOpenEach, "chars", plan.MaxQuestion))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?said="+do, http.StatusSeeOther)
	return nil
}

// studioGo leads to the live while it is time, and says when it is where it is not.
func (p *pages) studioGo(w http.ResponseWriter, r *http.Request) error {
	if p.deps.LiveQAs == nil {
		return community.Errorf(community.CodeNotFound, "no live Q&As here")
	}
	look := r.Method != http.MethodGet || r.Header.Get("Purpose") != "" || r.Header.Get("Sec-Purpose") != "" // a preview is no opening
	s, err := p.deps.LiveQAs.Go(r.Context(), r.PathValue("code"), r.PathValue("pass"), !look)
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	if s.Gate == plan.GateOpen {
		w.Header().Set("Cache-Control", "no-store") // each opening is counted
		http.Redirect(w, r, s.Address, http.StatusFound)
		return nil
	}
	t, status := p.words(r), http.StatusOK
	if s.Gate == plan.GateOver || s.Gate == plan.GateCalled {
		status = http.StatusGone
	}
	text := t.T("liveqa.gate_"+string(s.Gate), "at", whenLive(s, s.Starts)+t.T("draw.in_zone", "zone", s.Zone), "from", whenLive(s, s.Starts-plan.LiveEarly), "why", plain(s.Why))
	p.render(w, r, status, t, plain(s.Title), view.Notice(view.Words{Title: plain(s.Title), Text: text}))
	return nil
}
