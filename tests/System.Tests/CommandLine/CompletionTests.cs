using System.Text.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>The completion script for bash, in a real bash, with names that other people chose.</summary>
public sealed class CompletionTests : DataFolders
{
    // Calls the function as bash does for Tab after the words of the line. Then each completion becomes a word of a command, as when
    // the line is entered.
    private const string Press = """
        source "$1"
        COMP_LINE="otask node drain $2"; COMP_POINT=${#COMP_LINE}
        COMP_WORDS=(otask node drain "$2"); COMP_CWORD=3
        _otask
        for word in "${COMPREPLY[@]}"; do eval "printf '%s\n' ${word}"; done
        """;

    // Each would make the file X where it is evaluated.
    private static readonly string[] Hostile =
    [
        "$(touch${IFS}X)", "`touch${IFS}X`", "w$(touch X)", "w;touch X", "w' $(touch X) '", "w\" $(touch X) \"", "${X:=$(touch X)}",
        "w x", "*", "w\\$(touch X)",
    ];

    [Fact]
    public async Task Bash_NamesThatAreCode_AreQuotedAndNotRun()
    {
        await using var gateway = await Gateway([.. Hostile, "w1"]);

        var all = await Pressed(gateway, "", expected: "w1");

        Assert.Superset(Hostile.ToHashSet(), all.ToHashSet());
        Assert.False(File.Exists(Path.Combine(Data, "X")), "a name was run");
        var some = await Pressed(gateway, "w", expected: "w1");
        Assert.All(some, static word => Assert.StartsWith("w", word, StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(Data, "X")), "a name was run");
    }

    [Fact]
    public async Task Bash_NameThatIsNoLine_IsLeftOut()
    {
        await using var gateway = await Gateway(["w1", "w2\nw3", "w4\u001B[2J", "w5\u202E"]);

        Assert.Equal(["w1"], (await Pressed(gateway, "w", expected: "w1")).Where(static word => word.StartsWith('w')));
    }

    [Theory]
    [InlineData("definition show etl/", "etl/load", "/api/v1/definitions?limit=200&prefix=etl/")]
    [InlineData("definition show ", "etl/load", "/api/v1/definitions?limit=200")]
    [InlineData("schedule get n", "nightly", "/api/v1/schedules?limit=1000")]
    public async Task Names_OfALongList_AreReadBeyondItsFirstPage(string typed, string expected, string asked)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/definitions", """{"items":[{"name":"etl/load"}]}"""),
            ("/api/v1/schedules", """{"items":[{"id":"nightly"}]}"""));
        var line = $"otask {typed}";

        await Until.Holds($"a completion with {expected}", TimeSpan.FromSeconds(60), async () =>
        {
            var completed = await Finished.Run(
                BuiltPrograms.Otask, [$"[suggest:{line.Length}]", line], [("OTASK_URL", gateway.Url)]);
            return completed.Output.Split('\n').Contains(expected);
        });

        Assert.Contains(asked, gateway.Asked);
    }

    // A completion that takes longer than 300 ms goes without names, which a busy machine may need several tries for.
    private async Task<string[]> Pressed(StubGateway gateway, string typed, string expected)
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(In("otask.bash"), (await gateway.Otask("completion", "bash")).Output);
        string[] words = [];
        await Until.Holds($"a completion with {expected}", TimeSpan.FromSeconds(60), async () =>
        {
            var pressed = await Finished.Run(
                "/bin/bash", ["-c", $"cd '{Data}' && {Press}", "bash", In("otask.bash"), typed],
                [("PATH", $"{Path.GetDirectoryName(BuiltPrograms.Otask)}:/usr/bin:/bin"), ("OTASK_URL", gateway.Url)]);
            words = pressed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return words.Contains(expected);
        });
        return words;
    }

    private static Task<StubGateway> Gateway(string[] names)
    {
        var items = JsonSerializer.Serialize(names.Select(static name => new { id = name }));
        return StubGateway.Start(("/api/v1/nodes", $$"""{"items":{{items}}}"""));
    }
}
