package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

// bearer asks for a tenant_access_token.
func (s *Session) bearer(ctx context.Context) (string, time.Duration, error) {
	got, err := s.api.Do(ctx, webapi.Call{Method: http.MethodPost, Path: "/open-apis/auth/v3/tenant_access_token/internal", Body: map[string]string{"app_id": s.app, "app_secret": s.secret}})
	if err != nil {
		return "", 0, err
	}
	var t struct {
		Code   *int   `json:"code"`
		Msg    string `json:"msg"`
		Token  string `json:"tenant_access_token"`
		Expire int64  `json:"expire"`
	}
	switch {
	case json.Unmarshal(got.Body, &t) != nil || t.Code == nil:
		return "", 0, community.Errorf(community.CodeUnreachable, "HTTP %d, and no answer of 飞书", got.Status)
	case *t.Code == 10003 || *t.Code == 10014 || *t.Code == 10015:
		return "", 0, connect.Trouble(community.CodeForbidden, "App ID 或 App Secret 不对。请到开发者后台的“凭证与基础信息”重新复制。", "App ID or App Secret is wrong: copy them again from the developer console, credentials.")
	case *t.Code != 0 || t.Token == "":
		return "", 0, community.Errorf(community.CodeUnreachable, "code %d: %s", *t.Code, s.api.Hush(t.Msg))
	}
	return t.Token, time.Duration(t.Expire) * time.Second, nil
}

// meanings of the platform's numbers (documents 通用错误码 and im-v1); anything else is a refusal.
var meanings = map[int]community.Code{
	99991400: community.CodeLimited, 230020: community.CodeLimited, 11232: community.CodeLimited,
	230110: community.CodeNotFound, 230011: community.CodeNotFound, 232006: community.CodeNotFound,
	232097: community.CodeUnsupported, // the group's announcement is a docx document
}

// stale are the numbers that refuse a call for its token alone.
var stale = map[int]bool{99991661: true, 99991663: true, 99991664: true, 99991668: true}

// call makes a call and reads its data into out; the token is refreshed once.
func (s *Session) call(ctx context.Context, c webapi.Call, out any) error {
	token, err := s.access.Valid(ctx, "", s.bearer)
	if err != nil {
		return err
	}
	again, err := s.once(ctx, c, token, out)
	if again {
		if token, err = s.access.Valid(ctx, token, s.bearer); err != nil {
			return err
		}
		_, err = s.once(ctx, c, token, out)
	}
	if code := community.CodeOf(err); code == community.CodeUnreachable || code == community.CodeTimeout {
		s.doubt()
	}
	return err
}

func (s *Session) once(ctx context.Context, c webapi.Call, token string, out any) (again bool, err error) {
	c.Header = http.Header{"Authorization": {"Bearer " + token}}
	got, err := s.api.Do(ctx, c)
	if err != nil {
		return false, err
	}
	var a struct {
		Code *int            `json:"code"`
		Msg  string          `json:"msg"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(got.Body, &a) != nil || a.Code == nil {
		code := community.CodeUnreachable
		if c.Writes {
			code = community.CodeTimeout
		}
		return false, community.Errorf(code, "HTTP %d, and no answer of 飞书", got.Status)
	}
	if *a.Code != 0 {
		return stale[*a.Code], s.refused(*a.Code, got.Status, a.Msg)
	}
	if out == nil {
		return false, nil
	}
	if len(a.Data) == 0 {
		a.Data = got.Body // bot/v3/info has no data
	}
	if json.Unmarshal(a.Data, out) != nil {
		return false, community.Errorf(community.CodeUnreachable, "the answer cannot be read")
	}
	return false, nil
}

func (s *Session) refused(number, status int, said string) error {
	said = fmt.Sprintf("code %d: %s", number, s.api.Hush(said))
	code, known := meanings[number]
	switch {
	case known:
		return community.Errorf(code, "%s", said)
	case status == http.StatusTooManyRequests:
		return community.Errorf(community.CodeLimited, "%s", said)
	case number == 99991672 || number == 99991679:
		return connect.Trouble(community.CodeRefused, "应用没有开通这项权限。请在开发者后台“权限管理”开通并发布新版本。", "The app lacks a permission: add it in the developer console and publish a new version ("+said+").")
	}
	return community.Errorf(community.CodeRefused, "%s", said)
}
