package githubsim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func Example() {
	world := githubsim.NewWorld()
	id := world.Create(githubsim.Repository{
		Name:    "contoso-samples/hello",
		Commits: []githubsim.Commit{{CommittedDate: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)}},
	})
	world.BotPush("contoso-samples/hello", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))

	// The first chunk of repositories times out.
	server := githubsim.New(world, githubsim.WithFaults(githubsim.Fault{
		When:    []githubsim.Condition{githubsim.OfKind(githubsim.Tips), githubsim.Nth(1)},
		Effects: []githubsim.Effect{githubsim.Timeout(http.StatusBadGateway)},
	}))
	web := httptest.NewServer(server)
	defer web.Close()

	for range 2 {
		query := `{"query":"{ nodes(ids: [\"` + id + `\"]) { ... on Repository { name pushedAt } } }"}`
		req, err := http.NewRequest("POST", web.URL, strings.NewReader(query))
		if err != nil {
			panic(err)
		}
		req.Header.Set("Authorization", "bearer anything")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d %.40s\n", resp.StatusCode, body)
	}
	fmt.Println(server.Stats().ByKind[githubsim.Tips], "requests asked for it", server.Asked()[id], "times")
	// Output:
	// 502 {"data":null,"errors":[{"message":"Somet
	// 200 {"data":{"nodes":[{"name":"hello","pushe
	// 2 requests asked for it 2 times
}
