package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// writeDotenv writes a file of settings and returns its path.
func writeDotenv(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// encodeUTF16 returns text in UTF-16, as editors of Windows write it.
func encodeUTF16(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func TestDotenv_EnvironmentWins(t *testing.T) {
	path := writeDotenv(t, "LOG_LEVEL=debug\nSLACK_COMMAND=\"/outage\"\nANNOUNCE_CHANNEL=C0GENERAL\nTZ=UTC\nHTTP_PROXY=http://file\n")
	cfg, exported, err := loadConfig(map[string]string{"LOG_LEVEL": "warn", "ANNOUNCE_CHANNEL": "", "HTTP_PROXY": ""}, path, "version")
	if err != nil || cfg.LogLevel != "warn" || cfg.SlackCommand != "/outage" || cfg.AnnounceChannel != "" || len(cfg.Warnings) > 0 {
		t.Errorf("%+v, %v", cfg, err)
	}
	if len(exported) != 1 || exported["TZ"] != "UTC" {
		t.Errorf("exported %v", exported)
	}
}

// TestDotenv_ValueMeant writes one token and one directory in many ways.
func TestDotenv_ValueMeant(t *testing.T) {
	const plain = "SLACK_BOT_TOKEN=xoxb-1-secret\nSTATE_DIR=/my state\n"
	for name, text := range map[string]string{
		"plain":                  plain,
		"byte order mark":        "\uFEFF" + plain,
		"UTF-16 LE":              encodeUTF16("\uFEFF"+plain, binary.LittleEndian),
		"UTF-16 BE":              encodeUTF16("\uFEFF"+plain, binary.BigEndian),
		"UTF-16 LE without mark": encodeUTF16(plain, binary.LittleEndian),
		"UTF-16 BE without mark": encodeUTF16(plain, binary.BigEndian),
		"CRLF":                   strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":                     strings.ReplaceAll(plain, "\n", "\r"),
		"no last line end":       strings.TrimSpace(plain),
		"export":                 "export SLACK_BOT_TOKEN=xoxb-1-secret\nexport\tSTATE_DIR='/my state'\n",
		"spaces":                 "  SLACK_BOT_TOKEN = xoxb-1-secret  \n\tSTATE_DIR\t=\t/my state\t\n",
		"double quotes":          "SLACK_BOT_TOKEN=\"xoxb-1-secret\"\nSTATE_DIR=\"/my state\"\n",
		"single quotes":          "SLACK_BOT_TOKEN='xoxb-1-secret'\nSTATE_DIR='/my state'\n",
		"curly quotes":           "SLACK_BOT_TOKEN=“xoxb-1-secret”\nSTATE_DIR=‘/my state’\n",
		"nested quotes":          "SLACK_BOT_TOKEN='\"xoxb-1-secret\"'\nSTATE_DIR=\"'/my state'\"\n",
		"spaces within quotes":   "SLACK_BOT_TOKEN=\" xoxb-1-secret \"\nSTATE_DIR=\"/my state\t\"\n",
		"comments":               "# the bot\nSLACK_BOT_TOKEN=xoxb-1-secret # of ours\n\nSTATE_DIR=\"/my state\" # \"here\"\nLOG_LEVEL= # none\nSLACK_COMMAND=\n",
		"colons":                 "SLACK_BOT_TOKEN: xoxb-1-secret\nSTATE_DIR: '/my state'\n",
		"duplicates":             "SLACK_BOT_TOKEN=xoxb-0-secret\nSLACK_BOT_TOKEN=xoxb-1-secret\nSTATE_DIR=\nSTATE_DIR=/my state\n",
		"invisible characters":   "SLACK_BOT_TOKEN=\u200bxoxb-1-secret\u00a0\nSTATE_DIR=/my state\ufeff\n",
		"Latin-1 comment":        "# f\xfcr uns\n" + plain,
		"others":                 "KEY=\"-----BEGIN KEY-----\nabc==\n-----END KEY-----\"\nA.b=c\nEMPTY=\n" + plain,
	} {
		t.Run(name, func(t *testing.T) {
			cfg, _, err := loadConfig(nil, writeDotenv(t, text), "version")
			if err != nil || cfg.SlackBotToken != "xoxb-1-secret" || cfg.StateDir != "/my state" || cfg.LogLevel != "info" || cfg.SlackCommand != "/incident" {
				t.Errorf("%+v, %v", cfg, err)
			}
			if n := len(cfg.Warnings); n > 0 && name != "duplicates" || n != 2 && name == "duplicates" {
				t.Errorf("warnings %v", cfg.Warnings)
			}
		})
	}
}

// TestDotenv_Literally takes characters as they are written that have a meaning in a shell.
func TestDotenv_Literally(t *testing.T) {
	for text, want := range map[string]string{
		"a$b": "a$b", "a${PORT_CLIENT_ID}": "a${PORT_CLIENT_ID}", "a$PORT_CLIENT_ID": "a$PORT_CLIENT_ID", `"a$PORT_CLIENT_ID"`: "a$PORT_CLIENT_ID",
		"a#b": "a#b", "a=b==": "a=b==", `a\nb`: `a\nb`, `"a\nb"`: `a\nb`, `'a\nb'`: `a\nb`, `"a#b"`: "a#b", "a:b": "a:b", "a`b": "a`b", "#a": "#a",
	} {
		cfg, _, err := loadConfig(nil, writeDotenv(t, "PORT_CLIENT_ID=id\nPORT_CLIENT_SECRET="+text+"\n"), "version")
		if err != nil || cfg.PortClientSecret != want {
			t.Errorf("%s is %q, want %q: %v", text, cfg.PortClientSecret, want, err)
		}
	}
}

func TestDotenv_Faults(t *testing.T) {
	for name, c := range map[string]struct{ path, want string }{
		"a directory":                    {t.TempDir(), "it is a directory"},
		"an open quote":                  {writeDotenv(t, "LOG_LEVEL=info\nSLACK_BOT_TOKEN=\"xoxb-secret\nLOG_FORMAT=json\n"), "line 2 (SLACK_BOT_TOKEN) has a quote that is not closed"},
		"an open quote in the last line": {writeDotenv(t, "SLACK_BOT_TOKEN='xoxb-secret"), "line 1 (SLACK_BOT_TOKEN) has a quote that is not closed"},
		"text after the quote":           {writeDotenv(t, "SLACK_BOT_TOKEN=\"xoxb-secret\" secret\n"), "line 1 (SLACK_BOT_TOKEN) has text after the closing quote"},
		"a value alone":                  {writeDotenv(t, "\nxoxb-secret\n"), "line 2 is not NAME=value"},
		"a shell command":                {writeDotenv(t, "source secret.sh\n"), "line 1 is not NAME=value"},
		"a name with a dash":             {writeDotenv(t, "SLACK-BOT-TOKEN=xoxb-secret\n"), "line 1 is not NAME=value"},
		"no name":                        {writeDotenv(t, "=secret\n"), "line 1 is not NAME=value"},
		"a value in Latin-1":             {writeDotenv(t, "SLACK_BOT_TOKEN=secr\xe9t\n"), "line 1 (SLACK_BOT_TOKEN) has characters that are not UTF-8"},
		"a binary file":                  {writeDotenv(t, "\x7fELF\x02\x01\x01\x00\x00secret"), "line 1 is not NAME=value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := loadConfig(nil, c.path, "serve")
			if _, ok := errors.AsType[*SettingError](err); !ok || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secr") ||
				strings.Contains(c.want, "(SLACK_BOT_TOKEN)") && strings.Contains(err.Error(), "SLACK_BOT_TOKEN is not set") {
				t.Error(err)
			}
		})
	}
}

// FuzzDotenv checks that no file makes reading it fail, and that no error contains a value.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"A=#", "A= # b", "A=\"", "A='b' c", "export =", "A=\"\\\"\"", "\xff\xfeA\x00=\x00", "A:", "A=\\", "A=\"$\"", "A=''"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		readDotenv(path)
	})
}
