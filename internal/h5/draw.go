package h5

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// Draws knows the draws that are published. Everybody may look; whoever holds a member's link may enter for them.
type Draws interface {
	// Lot gives what an address shows; pass is the member's own part of it ("" = everybody's page), search a code that somebody looks for.
	// community.CodeNotFound: there is no such draw, or they are a member no longer; CodeLate: the link is over.
	Lot(ctx context.Context, code, pass, search string) (Lot, error)
	// Enter enters a member: again changes nothing. CodeLate, CodeConflict, CodeForbidden.
	Enter(ctx context.Context, code, pass string) error
	// Leave takes it back while entries are taken. CodeLate, CodeNotFound.
	Leave(ctx context.Context, code, pass string) error
	Proof(ctx context.Context, code string) (draw.Proof, error)
}

// Lot is a draw as the public page tells of it.
type Lot struct {
	draw.Draw
	Late    bool         // its entries are over and its list is not frozen yet
	Name    string       // of the member whose link it is; "" = everybody's page
	Mine    draw.Entry   // without a code: they did not enter
	Found   draw.Entry   // the code that was looked for; without a code: it is not in the list
	Winners []draw.Entry // by place, with their names masked
}

// mostWinners is how many winners a page lists: the rest stands in the proof. A line is about 150 bytes; a page has at most 60 KB.
const mostWinners = 200

//go:embed verify.py
var drawScript []byte

// drawScript hands out the script with which a proof is checked. It shares no code with what draws.
func (p *pages) drawScript(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/x-python; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="verify.py"`)
	w.Write(drawScript) //nolint:errcheck // the phone left
	return nil
}

// lotProof hands out the proof of a draw.
func (p *pages) lotProof(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Draws == nil {
		return community.Errorf(community.CodeNotFound, "no draws here")
	}
	proof, err := p.deps.Draws.Proof(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="draw-`+r.PathValue("code")+`.json"`)
	w.Header().Set("Cache-Control", "no-store")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	out.Encode(proof) //nolint:errcheck // the phone left
	return nil
}

// lot shows a draw.
func (p *pages) lot(w http.ResponseWriter, r *http.Request) error {
	return p.showLot(w, r, http.StatusOK, "")
}

func (p *pages) showLot(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	if p.deps.Draws == nil {
		return community.Errorf(community.CodeNotFound, "no draws here")
	}
	search := strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("find")))
	l, err := p.deps.Draws.Lot(r.Context(), r.PathValue("code"), r.PathValue("pass"), clip(search, 40))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return nil
	}
	if err != nil {
		return err
	}
	t := p.words(r)
	v := lotView(t, l, clip(search, 40))
	if v.Fault = fault; fault == "" && r.URL.Query().Get("said") == "1" && l.Mine.Code != "" {
		v.Said = t.T("draw.page_said", "code", l.Mine.Code)
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may be a member's own
	p.render(w, r, status, t, v.Title, view.DrawPage(v))
	return nil
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

func lotView(t *i18n.Words, l Lot, search string) view.Draw {
	zone := zoneOf(l.Terms.Zone)
	when := func(at int64) string {
		return time.UnixMilli(at).In(zone).Format("2006-01-02 15:04") + t.T("draw.in_zone", "zone", l.Terms.Zone)
	}
	v := view.Draw{Title: plain(l.Terms.Title), Line: plain(l.Terms.Group), Foot: t.T("draw.page_foot"), Back: "/draw/" + l.Terms.Code,
		WinnersHead: t.T("draw.page_winners"), PrizesHead: t.T("draw.page_prizes"), TermsHead: t.T("draw.page_terms"), ProofHead: t.T("draw.page_proof"), FindLabel: t.T("draw.page_find"), FindButton: t.T("draw.page_find_button"),
		DownloadText: t.T("draw.page_download"), ScriptText: t.T("draw.page_script")}
	v.State = t.T("draw.page_"+string(l.State), "num", l.Entries, "closes", when(l.Terms.Closes), "draws", when(l.Terms.Draws), "at", when(max(l.ClosedAt, l.DrawnAt)))
	switch {
	case l.Late:
		v.State = t.T("draw.page_late")
	case l.State == draw.Called:
		v.State += " " + plain(l.Why)
	case l.State == draw.Closed && l.Terms.Beacon != "":
		v.State += " " + t.T("draw.page_waits", "beacon", plain(l.Terms.Beacon))
	}
	lotOwn(t, l, &v)
	for i, e := range l.Winners {
		if i == mostWinners {
			v.More = t.T("draw.page_more", "num", len(l.Winners), "shown", mostWinners)
			break
		}
		prize, _ := l.Terms.PrizeAt(e.Place)
		v.Winners = append(v.Winners, view.Fact{Name: t.T("draw.page_place", "place", e.Place, "name", plain(e.Name)), Text: plain(prize.Name) + " · " + e.Code})
	}
	if l.State == draw.Drawn && len(l.Winners) == 0 {
		v.More = t.T("draw.page_nobody")
	}
	fact := func(list *[]view.Fact, key, text string) {
		if text != "" {
			*list = append(*list, view.Fact{Name: t.T("draw.page_" + key), Text: text})
		}
	}
	for _, p := range l.Terms.Prizes {
		v.Prizes = append(v.Prizes, view.Fact{Name: plain(p.Name) + " × " + strconv.Itoa(p.Count), Text: t.T("draw.kind_"+p.Kind) + " · " + t.T("draw.yuan", "yuan", draw.Yuan(p.Fen))})
	}
	fact(&v.Terms, "who", LotWho(t, l.Terms.Who))
	fact(&v.Terms, "never", t.T("draw.page_never_text"))
	fact(&v.Terms, "note", plain(l.Terms.Note))
	fact(&v.Terms, "closes_at", when(l.Terms.Closes))
	fact(&v.Terms, "draws_at", when(l.Terms.Draws))
	fact(&v.Terms, "method", t.T("draw.page_method_text"))
	fact(&v.Terms, "redeem", t.T("draw.page_redeem_text", "days", l.Terms.Days, "how", plain(l.Terms.Redeem)))
	fact(&v.Terms, "sponsor", plain(l.Terms.Sponsor))
	fact(&v.Terms, "contact", plain(l.Terms.Contact))
	fact(&v.Proof, "commit", l.Commitment)
	fact(&v.Proof, "list", l.List)
	if l.ClosedAt > 0 {
		fact(&v.Proof, "frozen", when(l.ClosedAt))
	}
	fact(&v.Proof, "beacon", plain(strings.TrimSpace(l.Beacon+" "+l.Source)))
	fact(&v.Proof, "seed", l.Seed)
	v.How = t.T("draw.page_how")
	if l.State == draw.Drawn {
		v.Download, v.Script = v.Back+"/proof.json", "/draw/verify.py"
	}
	if l.State == draw.Closed || l.State == draw.Drawn {
		v.Search, v.Searched = true, search
		switch {
		case search == "":
		case l.Found.Code == "":
			v.Hit = t.T("draw.page_not_in", "code", search)
		case l.Found.Place > 0:
			prize, _ := l.Terms.PrizeAt(l.Found.Place)
			v.Hit = t.T("draw.page_in_won", "code", search, "place", l.Found.Place, "prize", plain(prize.Name))
		default:
			v.Hit = t.T("draw.page_in", "code", search)
		}
	}
	return v
}

// lotOwn is what stands on a member's own page.
func lotOwn(t *i18n.Words, l Lot, v *view.Draw) {
	if l.Name == "" {
		if l.State == draw.Published && !l.Terms.Who.Standing {
			v.Own = append(v.Own, t.T("draw.page_ask"))
		}
		return
	}
	v.Own = append(v.Own, t.T("draw.page_of", "name", plain(l.Name)))
	takes := l.State == draw.Published && !l.Late
	switch {
	case l.Mine.Out != "":
		v.Own = append(v.Own, t.T("draw.page_out", "code", l.Mine.Code), t.T("draw.out_"+l.Mine.Out))
	case l.Mine.Place > 0:
		prize, _ := l.Terms.PrizeAt(l.Mine.Place)
		v.Own = append(v.Own, t.T("draw.page_won", "prize", plain(prize.Name), "code", l.Mine.Code), t.T("draw.page_redeem_text", "days", l.Terms.Days, "how", plain(l.Terms.Redeem)))
	case l.Mine.Code != "" && l.State == draw.Drawn:
		v.Own = append(v.Own, t.T("draw.page_lost", "code", l.Mine.Code))
	case l.Mine.Code != "":
		v.Own = append(v.Own, t.T("draw.page_mine", "code", l.Mine.Code), t.T("draw.page_keep", "id", l.Mine.MemberID.String()))
		v.Leave = takes && !l.Terms.Who.Standing
	case takes && l.Terms.Who.Standing:
		v.Own = append(v.Own, t.T("draw.page_standing"))
	case takes:
		v.Enter = true
	default:
		v.Own = append(v.Own, t.T("draw.page_absent"))
	}
	v.Button, v.Age, v.Undo = t.T("draw.page_enter"), t.T("draw.page_age"), t.T("draw.page_leave")
}

// LotWho says in words who takes part.
func LotWho(t *i18n.Words, w draw.Who) string {
	way := "draw.who_enter"
	if w.Standing {
		way = "draw.who_standing"
	}
	parts := []string{t.T(way)}
	if w.Days > 0 {
		parts = append(parts, t.T("draw.who_days", "days", w.Days))
	}
	if w.Active > 0 {
		parts = append(parts, t.T("draw.who_active", "days", w.Active, "window", w.Window))
	}
	if len(w.Tiers) > 0 {
		var names []string
		for _, tier := range w.Tiers {
			names = append(names, t.T("draw.tier_"+tier))
		}
		parts = append(parts, t.T("draw.who_tiers", "tiers", strings.Join(names, t.T("list.comma"))))
	}
	if w.Clean {
		parts = append(parts, t.T("draw.who_clean"))
	}
	return strings.Join(parts, t.T("draw.who_and"))
}

// lotEnter takes a member's entry, or takes it back.
func (p *pages) lotEnter(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Draws == nil {
		return community.Errorf(community.CodeNotFound, "no draws here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	t := p.words(r)
	if err := r.ParseForm(); err != nil {
		return p.showLot(w, r, http.StatusRequestEntityTooLarge, t.T("draw.fault_bad_input"))
	}
	code, pass := r.PathValue("code"), r.PathValue("pass")
	if _, err := p.deps.Draws.Lot(r.Context(), code, pass, ""); err != nil {
		return p.showLot(w, r, http.StatusOK, "") // says itself that the link leads nowhere
	}
	leave := r.PostFormValue("leave") != ""
	if !leave && r.PostFormValue("age") == "" {
		return p.showLot(w, r, http.StatusUnprocessableEntity, t.T("draw.fault_age"))
	}
	do := p.deps.Draws.Enter
	if leave {
		do = p.deps.Draws.Leave
	}
	err := do(r.Context(), code, pass)
	faults := map[community.Code]int{community.CodeLate: http.StatusGone, community.CodeConflict: http.StatusConflict, community.CodeForbidden: http.StatusForbidden, community.CodeNotFound: http.StatusConflict}
	if status, said := faults[community.CodeOf(err)]; said {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showLot(w, r, status, t.T("draw.fault_"+string(community.CodeOf(err))))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?said=1", http.StatusSeeOther)
	return nil
}
