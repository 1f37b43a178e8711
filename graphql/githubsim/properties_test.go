package githubsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestPropertiesByREST pages an organization's custom properties as GitHub's
// documentation has it.
func TestPropertiesByREST(t *testing.T) {
	w := githubsim.NewWorld()
	w.AddUser("ada")
	for i := range 130 {
		r := githubsim.Repository{Name: fmt.Sprintf("contoso/r%03d", i), Private: i == 0}
		switch i {
		case 1:
			r.Properties = map[string]any{"lifecycle": "production", "teams": []string{"a", "b"}, "tier": nil}
		case 129:
			r.Properties = map[string]any{"lifecycle": "beta"}
		}
		w.Create(r)
	}
	server := githubsim.New(w, githubsim.WithToken("public", githubsim.PublicOnly), githubsim.WithToken("all", githubsim.Everything),
		githubsim.WithLimits(githubsim.Limits{RequestsPerHour: 6}))
	url, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	get := func(url, token string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(body)
	}
	base := strings.TrimSuffix(url, "/graphql")
	var names, values []string
	for next := base + "/api/v3/orgs/CONTOSO/properties/values?per_page=1000"; next != ""; {
		resp, body := get(next, "public")
		var rows []struct {
			Name       string `json:"repository_full_name"`
			Properties json.RawMessage
		}
		if resp.StatusCode != 200 || json.Unmarshal([]byte(body), &rows) != nil || len(rows) > 100 {
			t.Fatalf("%s: %.300s", resp.Status, body)
		}
		for _, row := range rows {
			names = append(names, row.Name)
			if text := string(row.Properties); text != "[]" {
				values = append(values, text)
			}
		}
		next = ""
		if m := regexp.MustCompile(`<([^>]*)>; rel="next"`).FindStringSubmatch(resp.Header.Get("Link")); m != nil {
			next = strings.Replace(m[1], "/organizations/10000002/", "/orgs/contoso/", 1)
		}
	}
	if len(names) != 129 || len(values) != 2 || values[0] != `[{"property_name":"lifecycle","value":"production"},{"property_name":"teams","value":["a","b"]},{"property_name":"tier","value":null}]` {
		t.Errorf("%d names, values %q", len(names), values)
	}
	for _, c := range []struct {
		path, token string
		status      int
	}{{"/orgs/contoso/properties/values", "all", 200}, {"/orgs/ada/properties/values", "all", 404}, {"/orgs/nobody/properties/values", "all", 404},
		{"/orgs/contoso/properties/values", "wrong", 401}, {"/orgs/contoso/properties/schema", "all", 404}, {"/orgs/contoso/properties/values", "all", 200}, {"/orgs/contoso/properties/values", "all", 403}} {
		resp, body := get(base+c.path, c.token)
		if resp.StatusCode != c.status {
			t.Errorf("%s with %s: %s %.200s", c.path, c.token, resp.Status, body)
		}
		if c.status == 403 && (resp.Header.Get("X-Ratelimit-Remaining") != "0" || resp.Header.Get("X-Ratelimit-Resource") != "core") {
			t.Errorf("the limit is told as %v", resp.Header)
		}
	}
	if s := server.Stats(); s.ByKind[githubsim.Properties] != 7 || s.Points != 0 {
		t.Errorf("counted as %+v", s)
	}
}
