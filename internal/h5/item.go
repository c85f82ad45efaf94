package h5

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
)

// Items shows items of the library.
type Items interface {
	// Item gives what a page shows to whoever comes by a token, on a device; community.CodeNotFound. Whom it does not open to sees Refused alone.
	Item(ctx context.Context, id community.ID, token, device string) (Item, error)
	// ItemFile reads a file of an item; community.CodeNotFound, also where the item does not open.
	ItemFile(ctx context.Context, id, file community.ID, token, device string) (community.Medium, error)
}

// Item is what the page of an item shows.
type Item struct {
	Title, Text string
	URL         string // where it leads; "" = nowhere
	Files       []ItemFile
	Exclusive   bool
	Refused     string // stranger, left, closed or devices; "" = it opens
}

// ItemFile is a file of an item.
type ItemFile struct {
	ID    community.ID
	Name  string
	Image bool
}

// deviceCookie remembers a device for one personal address alone, so that an address handed on is told from its owner's second phone.
const deviceCookie = "ql_device"

const deviceDays = 365

// device tells which device asks; a new one is given a name.
func (p *pages) device(w http.ResponseWriter, r *http.Request, path string) string {
	if c, err := r.Cookie(deviceCookie); err == nil && len(c.Value) >= 20 && len(c.Value) <= 64 {
		return c.Value
	}
	name := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: deviceCookie, Value: name, Path: path, MaxAge: deviceDays * 24 * 3600, HttpOnly: true, Secure: p.deps.Secure, SameSite: http.SameSiteLaxMode})
	return name
}

// itemAsked reads the address of an item. Without a token no device is told apart.
func (p *pages) itemAsked(w http.ResponseWriter, r *http.Request) (id community.ID, token, device string, err error) {
	if p.deps.Items == nil {
		return id, "", "", community.Errorf(community.CodeNotFound, "no page here")
	}
	if id, err = community.ParseID(r.PathValue("id")); err != nil {
		return id, "", "", community.Errorf(community.CodeNotFound, "no item is called so")
	}
	if token = r.PathValue("token"); token == "-" {
		token = ""
	}
	if token != "" {
		device = p.device(w, r, "/i/"+id.String()+"/"+token)
	}
	return id, token, device, nil
}

// item shows an item of the library, or says to whom it opens.
func (p *pages) item(w http.ResponseWriter, r *http.Request) error {
	id, token, device, err := p.itemAsked(w, r)
	if err != nil {
		return err
	}
	page, err := p.deps.Items.Item(r.Context(), id, token, device)
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	if page.Refused != "" {
		p.say(w, r, http.StatusForbidden, "item_"+page.Refused)
		return nil
	}
	if page.URL != "" && page.Text == "" && len(page.Files) == 0 {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, page.URL, http.StatusFound)
		return nil
	}
	words := p.words(r)
	out := view.Item{Title: page.Title, Link: page.URL, Button: words.T("h5.item_go"), Foot: words.T("h5.item_foot")}
	for line := range strings.Lines(page.Text) {
		out.Lines = append(out.Lines, strings.TrimRight(line, "\r\n"))
	}
	if page.Exclusive {
		out.Foot = words.T("h5.item_yours")
	}
	for _, f := range page.Files {
		at := "/i/" + id.String() + "/" + token + "/" + f.ID.String()
		if token == "" {
			at = "/i/" + id.String() + "/-/" + f.ID.String()
		}
		out.Files = append(out.Files, view.ItemFile{Name: f.Name, Link: at, Image: f.Image})
	}
	p.render(w, r, http.StatusOK, words, page.Title, view.ItemPage(out))
	return nil
}

// itemFile gives a file of an item; nothing on the way keeps a copy.
func (p *pages) itemFile(w http.ResponseWriter, r *http.Request) error {
	id, token, device, err := p.itemAsked(w, r)
	if err != nil {
		return err
	}
	file, err := community.ParseID(r.PathValue("file"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "no file is called so")
	}
	f, err := p.deps.Items.ItemFile(r.Context(), id, file, token, device)
	if err == nil {
		httpd.SendFile(unkept{w}, f.Name, f.Type, f.Data)
	}
	return err
}

// unkept is an answer that nobody on the way may keep.
type unkept struct{ http.ResponseWriter }

func (u unkept) Write(data []byte) (int, error) {
	u.Header().Set("Cache-Control", "no-store")
	return u.ResponseWriter.Write(data)
}

// handedOn is the target of a short link of ours with the token of whose it is: only a page of this server is told.
func (s Short) handedOn(token string) string {
	if s.Own && token != "" && !strings.ContainsAny(token, "/?#") {
		return s.Target + "/" + token
	}
	return s.Target
}
