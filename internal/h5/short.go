package h5

import (
	"net/http"

	"qunluo/internal/httpd"
)

// Short is where a short address of ours leads.
type Short struct {
	Slug   string
	Target string // fixed when the address was made, never taken from a request
	Closed bool
	Key    int64 // inner key, for counting
	Own    bool  // the target is a page of this server that is told whose address it was
}

// short leads on to the target, and counts the opening: once a day per phone.
func (p *pages) short(w http.ResponseWriter, r *http.Request) error {
	slug, token := r.PathValue("link"), r.PathValue("token")
	s, err := p.deps.Codes.Short(r.Context(), slug)
	switch {
	case err != nil:
		return err
	case s.Closed:
		p.say(w, r, http.StatusGone, "closed")
		return nil
	}
	if r.Method == http.MethodGet && p.visitors.fresh("l/"+slug+"/"+token, httpd.ClientIP(r.Context()).String(), r.UserAgent()) {
		if err := p.deps.Codes.Opened(r.Context(), s, token); err != nil {
			p.deps.Log.Warn("opening not counted", "err", err) // the reader matters more than the count
		}
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // whose address it was is not told to the target
	http.Redirect(w, r, s.handedOn(token), http.StatusFound)
	return nil
}
