package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
)

// charter is the charter of the book on the desk, for writing.
func (b bookDesk) charter() map[string]any {
	c, ok := b.doc["charter"].(map[string]any)
	if !ok {
		c = map[string]any{}
		b.doc["charter"] = c
	}
	return c
}

// articles gives the articles as they are written; what is no object is left out.
func (b bookDesk) articles() []map[string]any {
	c, _ := b.doc["charter"].(map[string]any)
	list, _ := c["articles"].([]any)
	var out []map[string]any
	for _, a := range list {
		if m, ok := a.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (b bookDesk) setArticles(all []map[string]any) {
	list := make([]any, len(all))
	for i, a := range all {
		list[i] = a
	}
	b.charter()["articles"] = list
}

// articleHere finds the article of the path; CodeNotFound.
func (b bookDesk) articleHere(k *call) (int, error) {
	want := k.R.PathValue("article")
	i := slices.IndexFunc(b.articles(), func(a map[string]any) bool { return text(a["id"]) == want })
	if i < 0 {
		return i, community.Errorf(community.CodeNotFound, "no article %q", want)
	}
	return i, nil
}

// articleFields are the fields of an article; which rules enforce it is ticked.
func (b bookDesk) articleFields() []policy.Field {
	fields := policy.ArticleFields()
	for i := range fields {
		if fields[i].Type != "rules" {
			continue
		}
		fields[i].Type, fields[i].Help = "choices", [2]string{}
		for _, r := range b.rules() {
			if s, ok := schemaOf(text(r["kind"])); ok && s.Sanction {
				name := ruleName(r)
				fields[i].Choices = append(fields[i].Choices, policy.Choice{Value: text(r["id"]), Title: [2]string{name, name}})
			}
		}
	}
	return fields
}

// wordFields are the fields of a charter besides its articles.
func wordFields() []policy.Field {
	return slices.DeleteFunc(policy.CharterFields(), func(f policy.Field) bool { return f.Name == "articles" })
}

// charterForm shows a form over fields of the charter.
func (b bookDesk) charterForm(k *call, status int, p view.RuleForm, fields []policy.Field, value map[string]any, faults map[string]string) error {
	m, err := k.maker(fields, value, faults)
	if err != nil {
		return err
	}
	p.Stamp, p.First = b.stamp(), m.controls("", fields, value)
	title := p.Head.Title
	p.Head, p.Tabs = b.head(k)
	p.Head.Title, p.Head.Back = title, b.at()+"/charter"
	if msg := faults[""]; msg != "" {
		p.Faults = append(p.Faults, msg)
	}
	if status != http.StatusOK && len(p.Faults) == 0 {
		p.Faults = []string{k.T("form.marked")}
	}
	return k.showStatus(status, title, view.RuleEdit(p))
}

// charterWords shows the form of the words around the articles.
func (c *Console) charterWords(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	return b.wordsForm(k, http.StatusOK, b.charter(), nil)
}

func (b bookDesk) wordsForm(k *call, status int, value map[string]any, faults map[string]string) error {
	p := view.RuleForm{Head: ui.Head{Title: k.T("charter.words")}, Action: b.at() + "/charter/words", Summary: k.T("charter.words_text")}
	return b.charterForm(k, status, p, wordFields(), value, faults)
}

// charterWordsSave saves the words around the articles into the draft.
func (c *Console) charterWordsSave(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	r := k.reader(b.g.Key)
	got, err := r.object("", wordFields())
	if err != nil {
		return err
	}
	for _, f := range wordFields() {
		delete(b.charter(), f.Name)
	}
	for name, v := range got {
		b.charter()[name] = v
	}
	faults := r.faults
	for _, f := range c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()) {
		for _, own := range wordFields() {
			if f.Path == "charter."+own.Name {
				faults[own.Name] = k.said(f)
			}
		}
	}
	if len(faults) > 0 {
		return b.wordsForm(k, http.StatusUnprocessableEntity, plain(got), faults)
	}
	return b.kept(k, b.at()+"/charter", k.T("charter.note_words"))
}

// articleNew shows the form of an article to be added.
func (c *Console) articleNew(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	return b.articleForm(k, http.StatusOK, b.at()+"/charter/new", map[string]any{"id": b.freeArticle(), "level": k.query("level")}, nil)
}

// freeArticle finds an id that no article has.
func (b bookDesk) freeArticle() string {
	for i := len(b.articles()) + 1; ; i++ {
		id := "article-" + strconv.Itoa(i)
		if !slices.ContainsFunc(b.articles(), func(a map[string]any) bool { return text(a["id"]) == id }) {
			return id
		}
	}
}

// articleEdit shows the form of an article.
func (c *Console) articleEdit(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	i, err := b.articleHere(k)
	if err != nil {
		return err
	}
	faults := map[string]string{}
	k.faultsAt(c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), fmt.Sprintf("charter.articles[%d]", i), faults)
	a := b.articles()[i]
	return b.articleForm(k, http.StatusOK, b.at()+"/charter/article/"+text(a["id"]), a, faults)
}

func (b bookDesk) articleForm(k *call, status int, action string, a map[string]any, faults map[string]string) error {
	known := action != b.at()+"/charter/new"
	p := view.RuleForm{Head: ui.Head{Title: text(a["title"])}, Action: action, Summary: k.T("charter.article_text")}
	if p.Head.Title == "" {
		p.Head.Title = k.T("charter.new")
	}
	fields := b.articleFields()
	if known { // strikes name the article by its place and version: its id only finds it again
		p.Delete = &ui.Confirm{ID: "delete", Title: k.T("charter.delete"), Object: text(a["title"]), Effect: k.T("charter.delete_effect"), Action: action + "/delete", Button: k.T("charter.delete"), Danger: true, Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}}}
		for i := range fields {
			fields[i].Carried = fields[i].Carried || fields[i].Name == "id"
		}
	}
	return b.charterForm(k, status, p, fields, a, faults)
}

// articleAdd adds an article to the draft.
func (c *Console) articleAdd(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	return b.saveArticle(k, len(b.articles()), b.at()+"/charter/new", "charter.note_add")
}

// articleSave changes an article of the draft.
func (c *Console) articleSave(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.articleHere(k)
	if err != nil {
		return err
	}
	return b.saveArticle(k, i, b.at()+"/charter/article/"+text(b.articles()[i]["id"]), "charter.note_edit")
}

func (b bookDesk) saveArticle(k *call, i int, action, note string) error {
	r := k.reader(b.g.Key)
	got, err := r.object("", b.articleFields())
	if err != nil {
		return err
	}
	got = plain(got)
	all := b.articles()
	if i == len(all) {
		all = append(all, got)
	} else {
		got["id"] = all[i]["id"]
		all[i] = got
	}
	b.setArticles(all)
	faults := r.faults
	k.faultsAt(k.c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()), fmt.Sprintf("charter.articles[%d]", i), faults)
	if len(faults) > 0 {
		return b.articleForm(k, http.StatusUnprocessableEntity, action, got, faults)
	}
	return b.kept(k, b.at()+"/charter", k.T(note, "title", text(got["title"])))
}

// articleMove moves an article up or down among those of its level.
func (c *Console) articleMove(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.articleHere(k)
	if err != nil {
		return err
	}
	all, step := b.articles(), 1
	if k.form("dir") == "up" {
		step = -1
	}
	to := i + step
	for to >= 0 && to < len(all) && text(all[to]["level"]) != text(all[i]["level"]) {
		to += step
	}
	if to < 0 || to >= len(all) {
		return k.redirect(b.at() + "/charter")
	}
	all[i], all[to] = all[to], all[i]
	b.setArticles(all)
	return b.kept(k, b.at()+"/charter", k.T("charter.note_move", "title", text(all[to]["title"])))
}

// articleDelete takes an article out of the draft.
func (c *Console) articleDelete(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	i, err := b.articleHere(k)
	if err != nil {
		return err
	}
	all := b.articles()
	title := text(all[i]["title"])
	b.setArticles(slices.Delete(all, i, i+1))
	return b.kept(k, b.at()+"/charter", k.T("charter.note_delete", "title", title))
}
