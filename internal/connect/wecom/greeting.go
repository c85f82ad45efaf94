package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// greeting is a group welcome as it is wanted here. The platform lists no welcomes: those made or taken over here are kept.
type greeting struct {
	Text  string `json:"text"`
	Title string `json:"title,omitempty"`
	Link  string `json:"link,omitempty"`
}

const greetingName = "welcome/"

// keepGreeting keeps a welcome; nil forgets it.
func (s *Session) keepGreeting(ctx context.Context, id string, g *greeting) error {
	if id == "" || len(id) > maxID {
		return community.Errorf(community.CodeBadInput, "template: no id")
	}
	if g == nil {
		return s.keeper.Keep(ctx, greetingName+id, nil)
	}
	raw, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return s.keeper.Keep(ctx, greetingName+id, raw)
}

// greetings are the welcomes kept here, by id.
func (s *Session) greetings(ctx context.Context) (map[string]greeting, error) {
	kept, err := s.keeper.Kept(ctx, greetingName)
	if err != nil {
		return nil, err
	}
	out := map[string]greeting{}
	for name, raw := range kept {
		var g greeting
		if err := json.Unmarshal(raw, &g); err != nil {
			return nil, err
		}
		out[strings.TrimPrefix(name, greetingName)] = g
	}
	return out, nil
}

// greetingThere reads a welcome at the platform; nil when it is gone.
func (s *Session) greetingThere(ctx context.Context, id string) (*greeting, error) {
	var got struct {
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
		Link struct {
			Title string `json:"title"`
			URL   string `json:"url"`
		} `json:"link"`
	}
	err := s.ask(ctx, func() error {
		return s.api.Read(ctx, "externalcontact/group_welcome_template/get", map[string]any{"template_id": id}, &got)
	})
	if r := wxapi.RefusalIn(err); r != nil && !r.Meaning.Account && community.CodeOf(err) != community.CodeLimited {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &greeting{got.Text.Content, got.Link.Title, got.Link.URL}, nil
}

// welcomeList compares every welcome kept here with the platform's.
func (s *Session) welcomeList(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	out := connect.Outcome{Columns: [][2]string{{"素材编号", "Template id"}, {"这里", "Here"}, {"企业微信", "There"}, {"是否一致", "The same"}}}
	all, err := s.greetings(ctx)
	if err != nil {
		return out, err
	}
	away := 0
	for _, id := range slices.Sorted(maps.Keys(all)) {
		here := all[id]
		there, err := s.greetingThere(ctx, id)
		if err != nil {
			return out, err
		}
		by := func(side, zh, en string) connect.Act {
			return connect.Act{Chore: "welcome.settle", Title: [2]string{zh, en}, Args: map[string]string{"template": id, "by": side}}
		}
		row, acts := []string{id, wxapi.Clip(here.line(), 300), "", "✓"}, []connect.Act(nil)
		switch {
		case there == nil:
			away++
			row[3], acts = "企业微信已没有 · gone there", []connect.Act{by("there", "这里也去掉", "Drop it here"),
				{Chore: "welcome.renew", Title: [2]string{"重新加进企业微信", "Put it there again"}, Args: map[string]string{"template": id}}}
		case *there != here:
			away++
			row[2], row[3] = wxapi.Clip(there.line(), 300), "✗"
			acts = []connect.Act{by("there", "以企业微信为准", "Take over from WeCom"), by("here", "写到企业微信", "Write to WeCom")}
		default:
			row[2] = wxapi.Clip(there.line(), 300)
		}
		out.Rows, out.Acts = append(out.Rows, row), append(out.Acts, acts)
	}
	out.Say = [2]string{fmt.Sprintf("%d 条欢迎语，%d 条不一致。", len(all), away), fmt.Sprintf("%d welcomes, %d differ.", len(all), away)}
	return out, nil
}

func (g greeting) line() string {
	if g.Link == "" {
		return g.Text
	}
	return g.Text + " [" + g.Title + " " + g.Link + "]"
}

// welcomeSettle makes both sides agree: as here, or as there.
func (s *Session) welcomeSettle(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	id := args["template"]
	if args["by"] == "here" {
		all, err := s.greetings(ctx)
		if err != nil {
			return connect.Outcome{}, err
		}
		g, ok := all[id]
		if !ok {
			return connect.Outcome{}, community.Errorf(community.CodeNotFound, "template %q: not kept here", wxapi.Clip(id, 60))
		}
		return s.welcomeEdit(ctx, connect.Values{"template": id, "text": g.Text, "title": g.Title, "link": g.Link})
	}
	there, err := s.greetingThere(ctx, id)
	if err != nil {
		return connect.Outcome{}, err
	}
	return connect.Outcome{Say: [2]string{"两边一致了。", "Both sides agree."}}, s.keepGreeting(ctx, id, there)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// welcomeRenew puts a welcome that is gone there into the library again, under the id it then gets.
func (s *Session) welcomeRenew(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	all, err := s.greetings(ctx)
	if err != nil {
		return connect.Outcome{}, err
	}
	g, ok := all[args["template"]]
	if !ok {
		return connect.Outcome{}, community.Errorf(community.CodeNotFound, "template %q: not kept here", wxapi.Clip(args["template"], 60))
	}
	out, err := s.welcomeAdd(ctx, connect.Values{"text": g.Text, "title": g.Title, "link": g.Link, "notify": "false"})
	if err != nil {
		return out, err
	}
	return out, s.keepGreeting(ctx, args["template"], nil)
}
