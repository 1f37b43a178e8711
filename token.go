package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/stalewatch/stalewatch/graphql"
)

// endpoint returns the GraphQL endpoint: the flag, else what Actions names,
// else github.com's.
func (p *program) endpoint(flag string) (*url.URL, error) {
	text, from := flag, "--api-url"
	if text == "" {
		text, from = p.env("GITHUB_GRAPHQL_URL"), "GITHUB_GRAPHQL_URL"
	}
	if text == "" {
		text = graphql.DefaultURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, &usageError{fmt.Sprintf("%s %q is not a URL; write it like %s or https://HOST/api/graphql", from, text, graphql.DefaultURL)}
	}
	return u, nil
}

// token returns the token for the host, from the variables that gh reads too:
// a host that is not github.com has its own first.
func (p *program) token(u *url.URL) (string, error) {
	names := []string{"GH_TOKEN", "GITHUB_TOKEN"}
	if !isGitHub(u) {
		names = append([]string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}, names...)
	}
	for _, n := range names {
		if t := strings.TrimSpace(p.env(n)); t != "" {
			if strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return "", fmt.Errorf("the token in %s holds characters that no token has; set it to the token alone", n)
			}
			return t, nil
		}
	}
	return "", fmt.Errorf("no token: set GH_TOKEN to a GitHub token (for public repositories any will do; gh auth token prints yours), or try stalewatch demo, which needs none; looked at %s", strings.Join(names, ", "))
}

func isGitHub(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	return host == "github.com" || strings.HasSuffix(host, ".github.com")
}

// account names the API account that a budget belongs to. Of the token it
// holds 48 bits of a hash, which tell accounts apart and lead nowhere.
func account(u *url.URL, token string) string {
	sum := sha256.Sum256([]byte("stalewatch account\x00" + token))
	return strings.ToLower(u.Host) + "#" + hex.EncodeToString(sum[:6])
}
