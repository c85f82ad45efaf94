package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"qunluo/internal/mcp"
)

type mcpCmd struct {
	URL   string   `name:"url" placeholder:"ADDRESS" help:"群落的地址，默认本机的 server.listen|where Qunluo is; server.listen of this machine by default"`
	Token string   `name:"token-file" required:"" placeholder:"FILE" help:"存有令牌的文件|file that holds a token"`
	Act   bool     `help:"也给会改变东西的工具（令牌要有 act）|tools that change things, too (the token needs act)"`
	Admin bool     `help:"也给改规则和设置的工具（令牌要有 admin）|tools that change rules and settings, too (the token needs admin)"`
	Only  []string `sep:"," placeholder:"NAME" help:"只给名称以此开头的工具，逗号分开|only tools whose name begins so, with commas between"`
}

func (mcpCmd) Shape() any { return nil }
func (mcpCmd) Examples() []example {
	return []example{
		{"mcp --token-file ~/.qunluo-token", [2]string{"只读：助手能看，不能改", "read only: an assistant looks and changes nothing"}},
		{"mcp --url https://qunluo.example.org --token-file t --act --only listTasks,claimTask", [2]string{"只给处理待办的工具", "only the tools for tasks"}},
	}
}

// Bounds of an assistant's call.
const (
	mcpPatience = 60 * time.Second
	mcpAnswer   = 16 << 20 // bytes
	mcpToken    = 4 << 10  // bytes of the token's file
)

// Run answers an assistant on stdin and stdout until stdin ends.
func (q *mcpCmd) Run(c *call) error {
	raw, err := os.ReadFile(c.path(q.Token))
	if err != nil || len(raw) > mcpToken {
		return failed(err, "读不了令牌文件 %s", "cannot read the token's file %s", q.Token)
	}
	base := strings.TrimSuffix(q.URL, "/")
	if base == "" {
		base = "http://" + c.cfg.Server.Listen
	}
	if at, err := url.Parse(base); err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return badUsage("--url 应是 http:// 或 https:// 开头的地址", "--url must begin with http:// or https://")
	}
	most := "read"
	switch {
	case q.Admin:
		most = "admin"
	case q.Act:
		most = "act"
	}
	s, err := mcp.New(c.ctx, apiDoor(base, strings.TrimSpace(string(raw))), mcp.Options{Most: most, Only: q.Only, Version: thisBuild().Version})
	if err != nil {
		return failed(err, "连不上 %s：%s", "cannot use %s: %s", base, err)
	}
	c.log.Info("mcp", "tools", s.Tools(), "level", most)
	return s.Serve(c.ctx, c.program.In, c.program.Out)
}

// apiDoor calls the API of an installation under one token.
func apiDoor(base, token string) mcp.Door {
	web := &http.Client{Timeout: mcpPatience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // a token goes nowhere else
	return func(ctx context.Context, method, path string, query url.Values, body []byte, key string) (int, []byte, error) {
		at := base + "/api/v1" + path
		if len(query) > 0 {
			at += "?" + query.Encode()
		}
		r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if len(body) > 0 {
			r.Header.Set("Content-Type", "application/json")
		}
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
		resp, err := web.Do(r)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(io.LimitReader(resp.Body, mcpAnswer))
		return resp.StatusCode, raw, err
	}
}
