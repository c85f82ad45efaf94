package h5

import (
	"context"
	"net/http"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/measure"
)

// Exits asks those who left a group why, once. Codes: CodeNotFound the link was not made here, CodeLate its time is over.
type Exits interface {
	Exit(ctx context.Context, link string) (Exit, error)
	// Answer takes an answer. CodeConflict: they answered before; CodeBadInput, CodeTooLarge: it cannot be taken.
	Answer(ctx context.Context, link, answer, words string) error
}

// Exit is what the page of somebody who left tells.
type Exit struct {
	Group    string
	Answered bool
}

// exit asks somebody why they left.
func (p *pages) exit(w http.ResponseWriter, r *http.Request) error {
	return p.showExit(w, r, http.StatusOK, "")
}

func (p *pages) showExit(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	if p.deps.Exits == nil {
		return community.Errorf(community.CodeNotFound, "nobody is asked here")
	}
	e, err := p.deps.Exits.Exit(r.Context(), r.PathValue("link"))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	t := p.words(r)
	v := view.Exit{Title: t.T("leave.page_title"), Line: t.T("leave.page_line", "group", plain(e.Group)), Fault: fault, Foot: t.T("leave.page_foot"), Most: measure.MaxLeaveWords,
		Words: t.T("leave.page_words"), Help: t.T("leave.page_help", "most", measure.MaxLeaveWords), Button: t.T("leave.page_send")}
	if e.Answered {
		v.Done = t.T("leave.page_done")
	} else {
		for _, a := range measure.LeaveAnswers() {
			v.Answers = append(v.Answers, view.Fact{Name: a, Text: t.T("leave.is_" + a)})
		}
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is that person's own
	p.render(w, r, status, t, v.Title, view.ExitPage(v))
	return nil
}

// exitAnswer takes what they answer.
func (p *pages) exitAnswer(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Exits == nil {
		return community.Errorf(community.CodeNotFound, "nobody is asked here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	err := r.ParseForm()
	if err != nil {
		err = community.Errorf(community.CodeTooLarge, "form: %w", err)
	} else {
		err = p.deps.Exits.Answer(r.Context(), r.PathValue("link"), r.PostFormValue("answer"), r.PostFormValue("words"))
	}
	faults := map[community.Code]int{community.CodeBadInput: http.StatusUnprocessableEntity, community.CodeTooLarge: http.StatusRequestEntityTooLarge}
	code := community.CodeOf(err)
	switch status, said := faults[code]; {
	case said:
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showExit(w, r, status, p.words(r).T("leave.page_fault_"+string(code)))
	case code == community.CodeLate:
		return p.showExit(w, r, http.StatusGone, "") // says itself that the link is over
	case code == community.CodeConflict, err == nil: // sent twice: the first answer stands, and the page thanks
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	return err
}
