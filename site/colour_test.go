package site_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var token = regexp.MustCompile(`--([a-z-]+):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)`)

// tokens are the colours of the published stylesheet, by theme and name.
func tokens(t *testing.T) map[string]map[string]colour {
	t.Helper()
	for name, b := range siteOf(t, "first") {
		if !strings.HasPrefix(name, "assets/style-") {
			continue
		}
		themes := map[string]map[string]colour{"light": {}, "dark": {}}
		for _, m := range token.FindAllStringSubmatch(string(b), -1) {
			themes["light"][m[1]], themes["dark"][m[1]] = parseColour(t, m[2]), parseColour(t, m[3])
		}
		return themes
	}
	t.Fatal("there is no stylesheet")
	return nil
}

// colour is linear red, green and blue, from 0 to 1.
type colour [3]float64

func parseColour(t *testing.T, hex string) colour {
	t.Helper()
	hex = hex[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	var c colour
	for i := range c {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		s := float64(v) / 255
		if s <= 0.04045 {
			c[i] = s / 12.92
		} else {
			c[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return c
}

func (c colour) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// contrast is WCAG's contrast ratio.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

var ramp = []string{"fresh", "active", "aging", "stale", "dormant"}

// TestContrast: text 4.5 to 1 and shapes 3 to 1 on everything they stand on,
// in both themes.
func TestContrast(t *testing.T) {
	for theme, c := range tokens(t) {
		check := func(ink, ground string, least float64) {
			a, ok := c[ink]
			b, too := c[ground]
			if !ok || !too {
				t.Fatalf("the stylesheet has no %s or %s", ink, ground)
			}
			if got := contrast(a, b); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, not %.1f", theme, ink, ground, got, least)
			}
		}
		for _, ink := range []string{"text", "muted", "link"} {
			check(ink, "bg", 4.5)
			check(ink, "soft", 4.5)
		}
		check("edge", "bg", 3)
		check("link", "bg", 3) // the focus ring
		check("link", "soft", 3)
		for _, status := range append([]string{"archived"}, ramp...) {
			check(status+"-ink", status+"-bg", 4.5)
			check(status, "bg", 3)
			check(status, status+"-bg", 2.5) // the mark repeats what the chip's word says
		}
		check("text", "bg", 4.5) // the chips of empty and unknown
	}
}

// TestRamp: older is darker, and neighbours can be told apart with each of the
// three deficiencies of colour vision (Machado 2009, full severity).
func TestRamp(t *testing.T) {
	deficiencies := map[string][3][3]float64{
		"none":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
		"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	}
	for theme, c := range tokens(t) {
		for i := 1; i < len(ramp); i++ {
			a, b := c[ramp[i-1]], c[ramp[i]]
			if a.luminance() <= b.luminance() {
				t.Errorf("%s: %s is not darker than %s", theme, ramp[i], ramp[i-1])
			}
			for name, m := range deficiencies {
				if d := difference(a.through(m), b.through(m)); d < 10 {
					t.Errorf("%s: with %s, %s and %s differ by %.1f", theme, name, ramp[i-1], ramp[i], d)
				}
			}
		}
	}
}

func (c colour) through(m [3][3]float64) colour {
	var out colour
	for i := range out {
		out[i] = min(1, max(0, m[i][0]*c[0]+m[i][1]*c[1]+m[i][2]*c[2]))
	}
	return out
}

// difference is CIE76 in Lab; about 2.3 is just noticeable.
func difference(a, b colour) float64 {
	x, y := a.lab(), b.lab()
	return math.Sqrt(math.Pow(x[0]-y[0], 2) + math.Pow(x[1]-y[1], 2) + math.Pow(x[2]-y[2], 2))
}

func (c colour) lab() [3]float64 {
	f := func(v float64) float64 {
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x := f((0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.9505)
	y := f(c.luminance())
	z := f((0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}
