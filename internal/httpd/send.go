package httpd

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// shown are the types of content that a browser may show in its place; everything else is saved.
var shown = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// SendFile answers with a file that people gave: pictures to look at, everything else to save, and nothing that a browser
// would run here.
func SendFile(w http.ResponseWriter, name, kind string, data []byte) {
	h, how := w.Header(), "inline"
	if !slices.Contains(shown, kind) {
		kind, how = "application/octet-stream", "attachment"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Write(data) //nolint:errcheck // the reader left
}
