package h5

import (
	"net/http"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
)

// file gives what stands behind a link of a mass send where the platform could not take it.
func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	id, err := community.ParseID(r.PathValue("id"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "no file is called so")
	}
	f, err := p.deps.Codes.File(r.Context(), id)
	if err == nil {
		httpd.SendFile(w, f.Name, f.Type, f.Data)
	}
	return err
}
