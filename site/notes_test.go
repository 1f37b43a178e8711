package site

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestMarkdown(t *testing.T) {
	for src, want := range map[string]string{
		"": "", " \n ": "",
		"plain *words*":                           "<p>plain <em>words</em></p>",
		"# Title":                                 `<h2 id="title">Title</h2>`,
		"a <b>bold</b> word":                      "<p>a bold word</p>",
		"<script>alert(1)</script>":               "",
		"[x](https://ok.test/)":                   `<p><a href="https://ok.test/">x</a></p>`,
		"[x](javascript:alert(1))":                "<p>x</p>",
		"[x](//evil.test)":                        "<p>x</p>",
		"<javascript:alert(1)>":                   "<p></p>",
		"![alt](https://x.test/i.png)":            `<p><a href="https://x.test/i.png">alt</a></p>`,
		"![alt](data:image/png;base64,x)":         "<p>alt</p>",
		"[![alt](https://x.test/i.png)](../run/)": `<p><a href="../run/">alt</a></p>`,
		"|a|b|\n|:-:|--:|\n|1|2|":                 "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
	} {
		got, err := markdown([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(string(got)) != want {
			t.Errorf("%q becomes %q, want %q", src, got, want)
		}
	}
}

func TestReadNotes(t *testing.T) {
	notes, err := readNotes(fstest.MapFS{
		"index.md": {Data: []byte("hello")}, "Contoso/App.md": {Data: []byte("app")}, "contoso/typo.md": {Data: []byte("x")}, "logo.png": {Data: []byte("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if html, err := notes.html("contoso/APP"); err != nil || string(html) != "<p>app</p>\n" {
		t.Errorf("the note is %q, %v", html, err)
	}
	unused := notes.unused(map[string]int32{"contoso/app": 0})
	if len(unused) != 1 || !strings.Contains(unused[0], "contoso/typo.md") {
		t.Errorf("unused notes: %v", unused)
	}
	if _, err := readNotes(fstest.MapFS{"big.md": {Data: make([]byte, maxNote+1)}}); err == nil || !strings.Contains(err.Error(), "big.md") {
		t.Errorf("a huge note: %v", err)
	}
}
