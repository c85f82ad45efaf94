package h5

import (
	"context"
	"net/http"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// Reports knows what links of reports lead to. Whoever holds a link may use it.
type Reports interface {
	// Report gives what a link shows; community.CodeNotFound when it was not made here, CodeLate when its time is over.
	Report(ctx context.Context, link string) (Report, error)
	// Write takes a report and gives the address of its receipt. CodeBadInput, CodeTooLarge: what was written; CodeConflict: it
	// was reported already; CodeLimited: too many reports today.
	Write(ctx context.Context, link string, o ReportForm) (receipt string, err error)
}

// Report is a page on which to report, or a receipt, which says no more than how far the report has come.
type Report struct {
	Group    string
	Reporter string // whose own page it is; "" = anybody's
	Receipt  bool
	State    community.ReportState // of a receipt
}

// ReportForm is what somebody wrote.
type ReportForm struct {
	Private bool   // harassment in private chat
	Name    string // of who is meant
	Said    string // the message
	Words   string
}

// report shows the page of a link.
func (p *pages) report(w http.ResponseWriter, r *http.Request) error {
	return p.showReport(w, r, http.StatusOK, "", ReportForm{})
}

func (p *pages) showReport(w http.ResponseWriter, r *http.Request, status int, fault string, o ReportForm) error {
	if p.deps.Reports == nil {
		return community.Errorf(community.CodeNotFound, "no reports here")
	}
	page, err := p.deps.Reports.Report(r.Context(), r.PathValue("link"))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	t := p.words(r)
	w.Header().Set("Referrer-Policy", "no-referrer") // the address opens the page
	p.render(w, r, status, t, t.T("h5.report_title"), view.ReportPage(reportView(t, page, fault, o)))
	return nil
}

func reportView(t *i18n.Words, page Report, fault string, o ReportForm) view.Report {
	v := view.Report{Title: t.T("h5.report_title"), Fault: fault, Foot: t.T("h5.report_foot"), Most: community.MaxReport}
	if page.Receipt {
		v.State, v.Foot = t.T("h5.report_is_"+string(page.State)), t.T("h5.report_foot_receipt")
		return v
	}
	v.Line = t.T("h5.report_line", "group", plain(page.Group))
	if page.Reporter != "" {
		v.Line = t.T("h5.report_own_line", "group", plain(page.Group), "name", plain(page.Reporter))
	}
	v.Kind, v.Message, v.Private, v.IsPrivate = t.T("h5.report_kind"), t.T("h5.report_message"), t.T("h5.report_private"), o.Private
	v.NameLabel, v.SaidLabel, v.WordsLabel = t.T("h5.report_name"), t.T("h5.report_said"), t.T("h5.report_words")
	v.Name, v.Said, v.Words, v.Button = o.Name, o.Said, o.Words, t.T("h5.report_send")
	return v
}

// reportWrite takes a report and leads on to its receipt.
func (p *pages) reportWrite(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Reports == nil {
		return community.Errorf(community.CodeNotFound, "no reports here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	var o ReportForm
	receipt := ""
	err := r.ParseForm()
	if err != nil {
		err = community.Errorf(community.CodeTooLarge, "form: %w", err)
	} else {
		field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
		o = ReportForm{Private: field("kind") == "private", Name: field("name"), Said: field("said"), Words: field("words")}
		receipt, err = p.deps.Reports.Write(r.Context(), r.PathValue("link"), o)
	}
	faults := map[community.Code]int{community.CodeConflict: http.StatusConflict, community.CodeBadInput: http.StatusUnprocessableEntity, community.CodeTooLarge: http.StatusRequestEntityTooLarge, community.CodeLimited: http.StatusTooManyRequests, community.CodeLate: http.StatusGone}
	code := community.CodeOf(err)
	if status, said := faults[code]; said {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showReport(w, r, status, p.words(r).T("h5.report_fault_"+string(code)), o)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/r/"+receipt[strings.LastIndexByte(receipt, '/')+1:], http.StatusSeeOther)
	return nil
}
