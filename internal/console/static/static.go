// Package static holds the browser files of the console: vendored ones (vendor/, see VENDOR.json) and our own.
package static

import (
	"embed"
	"io/fs"

	"qunluo/internal/httpd"
)

//go:embed app.css app.js calendar.css calendar.js duty.css logo.svg poster.css poster.js table.css table.js vendor
var embedded embed.FS

// New reads the files once and names them by their hashes, under /static/.
func New() (*httpd.Files, error) {
	vendor, err := fs.Sub(embedded, "vendor")
	if err != nil {
		return nil, err
	}
	return httpd.NewFiles("/static/", embedded, vendor)
}
