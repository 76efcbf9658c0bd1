using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Watching;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// Tables on terminals of any width, with characters of any width: <c>list</c>, <c>watch</c> and <c>top</c> alike.
/// </summary>
public sealed partial class NarrowTerminalTests
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001", Other = "019a2b3c-4d6e-7f00-8000-000000000002";
    // Wide characters, pairs of surrogates, and letters with combining marks.
    private const string Wide = "夜間バックアップ夜間バックアップ夜間バックアップ夜間バックアップ夜間バックアップ",
        Pairs = "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
        Marked = "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301";

    [Theory]
    [InlineData(50)]
    [InlineData(80)]
    [InlineData(99)]
    public async Task ListAndWatch_OnATerminal_FitAndShowTheSame(int columns)
    {
        await using var gateway = await Gateway();

        var listed = Lines(
            await Terminal.Run(columns, "", "", BuiltPrograms.Otask, "--url", gateway.Url, "--no-color", "list"));
        var watched = Lines(
            await Terminal.Run(columns, "", "", BuiltPrograms.Otask, "--url", gateway.Url, "watch", Id, Other));
        Assert.Equal(3, listed.Length);
        // Ctrl-C discards what the terminal has not shown yet, so the end of the last row must be there.
        var followed = Lines(await Terminal.Run(
            columns, listed[2][^3..], "\u0003", BuiltPrograms.Otask, "--url", gateway.Url, "list", "--watch"));

        Assert.All(listed, line => Assert.True(TextWidth.Of(line) <= columns, line));
        // The ids are as short as their difference allows, and not cut at the terminal's edge.
        Assert.StartsWith("019a2b3c-4d5e  succeeded", listed[1], StringComparison.Ordinal);
        Assert.Equal(listed, watched[^3..]);
        Assert.Equal(listed, followed[..3]);
    }

    [Fact]
    public async Task Top_OnATerminal_FitsItsWidth()
    {
        await using var gateway = await Gateway();

        var shown = Lines(
            await Terminal.Run(60, "RUNNING TASK", "q", BuiltPrograms.Otask, "--url", gateway.Url, "top"));

        Assert.Contains(shown, static line => line.StartsWith("RUNNING TASK", StringComparison.Ordinal));
        Assert.All(shown, static line => Assert.True(TextWidth.Of(line) <= 60, line));
        var row = shown[Array.FindIndex(shown, static line => line.StartsWith("RUNNING TASK", StringComparison.Ordinal)) + 1];
        // The table is fitted, so the name after the id is still there.
        Assert.Contains("夜", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_OnATerminalOfUnknownWidth_UsesColumnsOrEighty()
    {
        await using var gateway = await Gateway();

        var usual = Lines(await Terminal.Run(0, "", "", "/usr/bin/env", "-u", "COLUMNS", BuiltPrograms.Otask, "--url", gateway.Url, "list"));
        var told = Lines(await Terminal.Run(0, "", "", "/usr/bin/env", "COLUMNS=60", BuiltPrograms.Otask, "--url", gateway.Url, "list"));

        Assert.InRange(usual.Max(TextWidth.Of), 61, 80);
        Assert.InRange(told.Max(TextWidth.Of), 40, 60);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("夜間", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("\u200D", 0)]
    [InlineData("กำ", 2)]
    [InlineData("", 0)]
    public void TextWidth_CountsColumns(string text, int expected) => Assert.Equal(expected, TextWidth.Of(text));

    [Fact]
    public void Cut_AtEveryWidth_FitsAndSplitsNoCharacter()
    {
        foreach (var text in (string[])[Wide, Pairs, Marked, "plain text that is long", $"a{Wide}b{Pairs}c{Marked}"])
        {
            for (var width = 1; width <= TextWidth.Of(text) + 1; width++)
            {
                var cut = TextWidth.Cut(text, width);
                Assert.InRange(TextWidth.Of(cut), Math.Min(width, TextWidth.Of(text)) - 1, width);
                var kept = cut.EndsWith('…') ? cut[..^1] : cut;
                Assert.StartsWith(kept, text, StringComparison.Ordinal);
                Assert.False(kept.Length > 0 && char.IsHighSurrogate(kept[^1]), $"a pair is split at {width}");
                Assert.False(kept.Length < text.Length && text[kept.Length] == '\u0301', $"a mark is split at {width}");
            }
        }
    }

    [Fact]
    public void Table_InAPipe_AlignsColumnsWithWideCells()
    {
        var table = new Table("NAME", "STATE");
        table.Add("夜間", "running");
        table.Add("e\u0301", "failed");
        table.Add("plain", "queued");

        var lines = table.Lines(null).ToArray();

        Assert.All(lines, static line => Assert.Equal(7, TextWidth.Of(line[..line.LastIndexOf(' ')]) + 1));
    }

    [Fact]
    public void Top_ForAPipe_IsWhole()
    {
        var lines = TopCommand.Compose(
            JsonNode.Parse("""{"total":1,"byState":{"running":1}}""")!, [], [],
            [JsonNode.Parse($$"""{"id":"{{Id}}","queue":"q","node":"n","startedAt":"2030-01-01T00:00:00Z","name":"{{Wide}}"}""")!], []);

        Assert.Contains(
            lines,
            static line => line.Contains(Id, StringComparison.Ordinal) && line.Contains(Wide, StringComparison.Ordinal));
    }

    private static Task<StubGateway> Gateway()
    {
        var (one, two) = (Task(Id, Wide), Task(Other, Pairs + Marked));
        return StubGateway.Start(
            ("/api/v1/tasks", $$"""{"items":[{{one}},{{two}}]}"""),
            ($"/api/v1/tasks/{Id}", one), ($"/api/v1/tasks/{Other}", two),
            ("/api/v1/tasks/summary", """{"total":2,"byState":{"succeeded":2}}"""),
            ("/api/v1/queues", """{"items":[]}"""),
            ("/api/v1/nodes", """{"items":[]}"""), ("/api/v1/failures", """{"items":[]}"""));

        static string Task(string id, string name) =>
            $$"""{"id":"{{id}}","state":"succeeded","reason":"exit","exitCode":0,"queue":"nightly","node":"worker-of-the-cellar","attempt":1,"createdAt":"2020-01-01T00:00:00Z","startedAt":"2020-01-01T00:00:00Z","name":"{{name}}"}""";
    }

    // Returns what is shown, without the sequences that steer the terminal.
    private static string[] Lines(Finished shown) =>
        [.. Sequences().Replace(shown.Output, "").Split('\n').Select(static line => line.TrimEnd('\r').Replace("^C", "", StringComparison.Ordinal)).Where(static line => line.Length > 0)];

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e[=>]")]
    private static partial Regex Sequences();
}
