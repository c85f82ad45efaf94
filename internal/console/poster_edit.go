package console

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/poster"
)

// codesInUse are the codes that forms offer.
var codesInUse = admit.Filter{Page: community.Page{Limit: 200}}

// posterDraft is a layout as the editor has it.
type posterDraft struct {
	ref    string
	name   string
	base   int
	layout poster.Layout
}

// posterEdit opens a poster in the editor: an own one to be changed, another to be made one's own.
func (c *Console) posterEdit(k *call) error {
	one, err := k.posters().Get(k.ctx(), k.query("ref"))
	if err != nil {
		return err
	}
	d := posterDraft{ref: one.Ref, layout: one.Layout}
	if one.Own {
		d.name, d.base = one.Name, one.Version
		list, err := k.posters().Versions(k.ctx(), one.Name)
		if err != nil {
			return err
		}
		d.base = list[0].Version // an older version that is edited becomes the next one, too
	}
	return k.editor(http.StatusOK, d, nil)
}

// drafted reads the editor's form.
func (k *call) drafted() posterDraft {
	d := posterDraft{ref: k.form("ref"), name: k.form("name"), base: number(k.form("base"), 0, 1<<30, 0)}
	d.layout = poster.Layout{Title: k.typed("title"), Canvas: k.form("canvas"), Ground: poster.Ground{Above: k.form("ground_above"), Below: k.form("ground_below")}}
	for i := range number(k.form("n"), 0, poster.MaxLayers+1, 0) {
		at := "l" + strconv.Itoa(i) + "."
		num := func(field string) float64 {
			v, err := strconv.ParseFloat(k.form(at+field), 64)
			if err != nil {
				return 0
			}
			return v
		}
		d.layout.Layers = append(d.layout.Layers, poster.Layer{Kind: k.form(at + "kind"), X: num("x"), Y: num("y"), W: num("w"), H: num("h"), Text: k.typed(at + "text"), Size: num("size"), Least: num("least"), Bold: k.form(at+"bold") != "",
			Align: k.form(at + "align"), Stand: k.form(at + "stand"), Move: k.form(at + "move"), Shape: k.form(at + "shape"), Round: num("round"), Color: k.form(at + "color"), Opaque: int(num("opaque")), Image: k.form(at + "image"), Whole: k.form(at+"whole") != ""})
	}
	return d
}

// fresh is a new layer in the middle of the canvas.
func fresh(kind string, high int) poster.Layer {
	y := poster.Layer{Kind: kind, X: 240, Y: float64(high)/2 - 150, W: 600, H: 300}
	switch kind {
	case poster.Text:
		y.Text, y.Size, y.Align, y.Color = "{{name}}", 80, "middle", "#111827"
	case poster.Code:
		y.X, y.W, y.Text, y.Color = 390, 300, "{{link}}", "#111827"
	case poster.Shape:
		y.Color, y.Opaque = "#1677ff", 60
	}
	return y
}

// posterChange does what a button of the editor says: nothing is kept but by saving.
func (c *Console) posterChange(k *call) error {
	d := k.drafted()
	act, arg, _ := strings.Cut(k.form("do"), ".")
	kind, adds := strings.CutPrefix(act, "add_")
	at, err := strconv.Atoi(arg)
	list := d.layout.Layers
	here := err == nil && at >= 0 && at < len(list)
	switch {
	case adds:
		d.layout.Layers = append(list, fresh(kind, d.layout.High()))
	case act == "remove" && here:
		d.layout.Layers = slices.Delete(list, at, at+1)
	case act == "up" && here && at+1 < len(list):
		list[at], list[at+1] = list[at+1], list[at]
	case act == "down" && here && at > 0:
		list[at], list[at-1] = list[at-1], list[at]
	case act == "save":
		return k.posterSave(d)
	}
	return k.editor(http.StatusOK, d, nil)
}

func (k *call) posterSave(d posterDraft) error {
	one, err := k.posters().Save(k.ctx(), k.who(), d.name, d.base, d.layout, k.form("note"))
	if said := k.faultOf(err); said != "" {
		return k.editor(http.StatusUnprocessableEntity, d, []string{said})
	}
	if community.CodeOf(err) == community.CodeConflict {
		return k.editor(http.StatusConflict, d, []string{k.T("poster.conflict")})
	}
	if err != nil {
		return err
	}
	return k.ok(posterAt(one.Ref), k.T("poster.saved", "n", one.Version))
}

// posterPreview answers with the picture of what is in the editor, as a data address: for the stage.
func (c *Console) posterPreview(k *call) error {
	d := k.drafted()
	raw, _, err := k.posters().Draw(k.ctx(), d.layout, poster.TryValues(d.layout, k.Words.Lang), stageWide)
	text, status := "", http.StatusOK
	switch said := k.faultOf(err); {
	case said != "":
		text, status = said, http.StatusUnprocessableEntity
	case err != nil:
		return err
	default:
		text = dataAddress(raw)
	}
	k.answered = true
	k.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	k.W.WriteHeader(status)
	io.WriteString(k.W, text) //nolint:errcheck // the browser left
	return nil
}

// stageWide is the width of the picture on the stage, in pixels.
const stageWide = 540

// editor shows a draft.
func (k *call) editor(status int, d posterDraft, faults []string) error {
	p := view.PosterEdit{Head: ui.Head{Title: k.T("poster.new"), Sub: k.T("poster.note"), Back: "/posters"}, Faults: faults, Stage: k.T("poster.stage"), StagePhone: k.T("poster.stage_phone"), Alt: k.T("poster.preview"),
		Wide: strconv.Itoa(poster.Wide), High: strconv.Itoa(d.layout.High()), Ref: d.ref, Base: strconv.Itoa(d.base), Count: strconv.Itoa(len(d.layout.Layers)), LayoutName: k.T("poster.layout"), LayersName: k.T("poster.layers"), LayersNote: k.T("poster.layers_note"),
		Preview: k.T("poster.preview"), Save: k.T("poster.save"), Undo: k.T("poster.undo"), Redo: k.T("poster.redo"), Remove: k.T("poster.remove"), Up: k.T("poster.up"), Down: k.T("poster.down"), ImageTitle: k.T("poster.image"),
		Image: ui.FileDrop{Action: "/posters/image", Name: "file", Label: k.T("poster.image"), Help: k.T("poster.image_help"), Accept: "image/png,image/jpeg,image/gif", Button: k.T("poster.image_button")}}
	if d.base > 0 {
		p.Head.Title, p.Head.Back = d.name, posterAt(d.ref)
	}
	raw, _, err := k.posters().Draw(k.ctx(), d.layout, poster.TryValues(d.layout, k.Words.Lang), stageWide)
	switch said := k.faultOf(err); {
	case said != "" && !slices.Contains(faults, said):
		p.Faults, status = append(p.Faults, said), http.StatusUnprocessableEntity
	case err != nil && said == "":
		return err
	case err == nil:
		p.Picture = dataAddress(raw)
	}
	canvases := []ui.Option{}
	for _, s := range []string{poster.Portrait, poster.Square} {
		canvases = append(canvases, ui.Option{Value: s, Text: k.T("poster.size_" + s)})
	}
	p.Top = []ui.Input{{Kind: "text", Name: "name", Label: k.T("poster.name"), Value: d.name, Help: k.T("poster.name_help"), Max: poster.MaxName, Required: true}, {Kind: "text", Name: "title", Label: k.T("poster.title"), Value: d.layout.Title, Max: poster.MaxTitle, Required: true},
		{Kind: "select", Name: "canvas", Label: k.T("poster.canvas"), Value: d.layout.Canvas, Options: canvases}, {Kind: "text", Name: "note", Label: k.T("poster.why")},
		{Kind: "text", Name: "ground_above", Label: k.T("poster.ground_above"), Value: d.layout.Ground.Above, Max: 7}, {Kind: "text", Name: "ground_below", Label: k.T("poster.ground_below"), Value: d.layout.Ground.Below, Max: 7}}
	for i, y := range d.layout.Layers {
		p.Layers = append(p.Layers, view.PosterLayer{No: strconv.Itoa(i), Title: layerTitle(k, i, y), Fields: layerFields(k, i, y), First: i == 0, Last: i == len(d.layout.Layers)-1})
	}
	for _, kind := range []string{poster.Text, poster.Image, poster.Code, poster.Shape} {
		p.Adds = append(p.Adds, ui.Option{Value: "add_" + kind, Text: k.T("poster.add_" + kind)})
	}
	return k.showStatus(status, p.Head.Title, view.PosterEditor(p))
}

func layerTitle(k *call, i int, y poster.Layer) string {
	name := strconv.Itoa(i+1) + " · " + k.T("poster.layer_"+layerKind(y.Kind))
	if y.Text != "" {
		name += " · " + gist(y.Text, 24)
	}
	return name
}

// layerKind is a kind that there are words for.
func layerKind(kind string) string {
	if slices.Contains([]string{poster.Text, poster.Image, poster.Code}, kind) {
		return kind
	}
	return poster.Shape
}

// layerFields are the fields of a layer's kind; the kind itself goes along hidden.
func layerFields(k *call, i int, y poster.Layer) []ui.Input {
	at := "l" + strconv.Itoa(i) + "."
	num := func(name string, v float64) ui.Input {
		return ui.Input{Kind: "text", Name: at + name, Label: k.T("poster.field_" + name), Value: strconv.FormatFloat(v, 'f', -1, 64), Max: 8}
	}
	text := func(name, v string, most int) ui.Input {
		return ui.Input{Kind: "text", Name: at + name, Label: k.T("poster.field_" + name), Value: v, Max: most}
	}
	tick := func(name string, on bool) ui.Input {
		return ui.Input{Kind: "check", Name: at + name, Label: k.T("poster.field_" + name), Value: map[bool]string{true: "1"}[on]}
	}
	choose := func(name, v string, of ...string) ui.Input {
		in := ui.Input{Kind: "select", Name: at + name, Label: k.T("poster.field_" + name), Value: v}
		for _, o := range of {
			key := o
			if o == "" {
				key = map[string]string{"align": "left", "stand": "top", "move": "none", "shape": "rect"}[name]
			}
			in.Options = append(in.Options, ui.Option{Value: o, Text: k.T("poster." + name + "_" + key)})
		}
		return in
	}
	out := []ui.Input{{Kind: "hidden", Name: at + "kind", Value: y.Kind}}
	box := []ui.Input{num("x", y.X), num("y", y.Y), num("w", y.W), num("h", y.H)}
	switch y.Kind {
	case poster.Text:
		out = append(out, ui.Input{Kind: "area", Name: at + "text", Label: k.T("poster.field_text"), Value: y.Text, Max: poster.MaxWords, Rows: 2})
		out = append(append(out, box...), num("size", y.Size), num("least", y.Least), text("color", y.Color, 7), num("opaque", float64(y.Opaque)), choose("align", y.Align, "", "middle", "right"), choose("stand", y.Stand, "", "middle", "bottom"), choose("move", y.Move, "", poster.Typed, poster.Rising, poster.Blinks), tick("bold", y.Bold))
	case poster.Image:
		out = append(append(out, box...), text("image", y.Image, 64), num("round", y.Round), num("opaque", float64(y.Opaque)), tick("whole", y.Whole))
	case poster.Code:
		words := text("text", y.Text, poster.MaxWords)
		words.Label = k.T("poster.field_qr")
		out = append(append(out, words), append(box, text("color", y.Color, 7), num("round", y.Round))...)
	default:
		out = append(append(out, box...), choose("shape", y.Shape, "", poster.Ellipse), text("color", y.Color, 7), num("opaque", float64(y.Opaque)), num("round", y.Round))
	}
	return out
}

// posterImage keeps an image for layouts.
func (c *Console) posterImage(k *call) error {
	up, err := k.upload()
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(up.File, poster.MaxUpload+1))
	if err != nil {
		return uploadError(err)
	}
	hash, err := k.posters().AddImage(k.ctx(), raw)
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		return k.done("/posters", "danger", k.T("poster.image_bad"), community.ID{})
	}
	if err != nil {
		return err
	}
	return k.ok("/posters", k.T("poster.image_kept", "hash", hash))
}

// codePoster chooses the poster that a code hands out, and shows whose were scanned.
func (c *Console) codePoster(k *call) error {
	r, err := k.codeHere()
	if err != nil {
		return err
	}
	now, err := k.posters().ForCode(k.ctx(), r.ID)
	if err != nil {
		return err
	}
	at := "/codes/" + r.ID.String()
	p := view.PosterCode{Head: ui.Head{Title: k.T("poster.for_code"), Sub: r.Name, Back: at}, Note: k.T("poster.for_code_none"), Alt: k.T("poster.preview"), Name: k.T("poster.for_code_link")}
	choice := []ui.Option{{Text: k.T("poster.for_code_off")}}
	list, err := k.posters().List(k.ctx(), k.Words.Lang)
	if err != nil {
		return err
	}
	known := now.Ref == ""
	for _, one := range list {
		name := one.Layout.Title + " · " + k.T("poster.size_"+one.Layout.Canvas)
		if one.Own {
			name = one.Name + " v" + strconv.Itoa(one.Version) + " · " + k.T("poster.size_"+one.Layout.Canvas)
		}
		choice = append(choice, ui.Option{Value: one.Ref, Text: name})
		known = known || one.Ref == now.Ref
	}
	if !known { // an earlier version, or another language
		choice = append(choice, ui.Option{Value: now.Ref, Text: now.Ref})
	}
	p.Form = view.PosterForm{Title: k.T("poster.for_code_choose"), Note: k.T("poster.for_code_note"), Action: at + "/poster", Button: k.T("poster.for_code_set"), Fields: []ui.Input{{Kind: "select", Name: "ref", Label: k.T("poster.for_code_choose"), Value: now.Ref, Options: choice}}}
	p.Shares = view.PlanTable{Title: k.T("poster.shares"), Table: ui.Table{Label: k.T("poster.shares"), Empty: ui.Empty{Icon: "users", Title: k.T("poster.shares_none"), Text: k.T("poster.for_code_note")},
		Columns: []ui.Column{{Title: k.T("poster.name")}, {Title: k.T("poster.share_scans"), Num: true}, {Title: k.T("poster.when")}}}}
	if now.Ref != "" {
		one, err := k.posters().Get(k.ctx(), now.Ref)
		if err != nil {
			return err
		}
		p.Link, p.Picture = now.Path, posterPictureAt(now.Ref, 540, now.Filled, "")
		for _, f := range one.Layout.Fields() {
			if f != "name" && f != "link" {
				p.Form.Fields = append(p.Form.Fields, ui.Input{Kind: "text", Name: "v." + f, Label: f, Value: now.Filled[f], Max: poster.MaxFilled})
			}
		}
		p.Stats = []ui.Number{{Label: k.T("poster.for_code_asked"), Value: k.Words.Number(now.Asked)}}
		for _, s := range now.Shares {
			p.Shares.Table.Rows = append(p.Shares.Table.Rows, ui.Row{Link: s.Path, Cells: []templ.Component{ui.Name(s.Name), ui.Figure(s.Scan), ui.Moment(s.At)}})
		}
	}
	return k.show(p.Head.Title, view.PosterOfCode(p))
}

// codePosterSet keeps which poster a code hands out.
func (c *Console) codePosterSet(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	at, filled := fmt.Sprintf("/codes/%s/poster", id), map[string]string{}
	for name, v := range k.R.PostForm {
		if f, ok := strings.CutPrefix(name, "v."); ok {
			filled[f] = v[0]
		}
	}
	err = k.posters().SetForCode(k.ctx(), k.who(), id, k.form("ref"), filled, k.form("reason"))
	if community.CodeOf(err) == community.CodeConflict {
		return k.done(at, "danger", k.T("poster.for_code_busy"), community.ID{})
	}
	if err != nil {
		return k.refused(at, err)
	}
	return k.ok(at, k.T("poster.for_code_saved"))
}
