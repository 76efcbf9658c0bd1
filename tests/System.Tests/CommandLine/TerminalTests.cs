using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Tasks that write what steers a terminal: it changes the window's title, clears the screen, answers as the user.</summary>
public sealed class TerminalTests(SharedServices shared)
{
    private const string Evil = "\u001b]0;evil\u0007\u001b[2J\u009b5n";
    private const string Shown = "\u241b]0;evil\u2407\u241b[2J\ufffd5n";

    [Fact]
    public async Task SubmitWait_OnATerminal_ShowsEscapesAsText()
    {
        await using var gateway = await CuttingGateway.Start(written: Evil);

        var seen = await OnTerminal($"--url {gateway.Url} submit --wait true");

        Assert.Contains(Shown, seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b]0;evil", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubmitWait_OnATerminalRaw_PassesThem()
    {
        await using var gateway = await CuttingGateway.Start(written: Evil);

        Assert.Contains(Evil, await OnTerminal($"--url {gateway.Url} submit --wait --raw true"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogsAndGet_OnATerminal_ShowEscapesAsText()
    {
        var service = await shared.Running;
        var id = await service.Submit("printf '\\033]0;evil\\007\\033[2J\\302\\2335n'; exit 1 # \u202e");
        await service.Ended(id);

        foreach (var command in (string[])["logs", "logs -f", "get"])
        {
            var seen = await OnTerminal($"--url {service.Url} {command} {id}");
            Assert.Contains(Shown, seen, StringComparison.Ordinal);
            Assert.DoesNotContain("\u001b]0;evil", seen, StringComparison.Ordinal);
            Assert.DoesNotContain("\u202e", seen, StringComparison.Ordinal);
        }

        // A pipe gets every byte of a log.
        var piped = await Finished.Run(BuiltPrograms.Otask, "--url", service.Url.ToString(), "logs", id);
        Assert.Equal(Evil, piped.Output);
    }

    [Fact]
    public async Task Template_OnATerminal_ShowsEscapesAsText()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks",
            """{"items":[{"id":"a1","state":"failed","name":"\u001b]0;evil\u0007\u001b[2J\u009b5n"}],"nextCursor":null}"""));

        var seen = await OnTerminal($"--url {gateway.Url} list -o 'template={{{{name}}}}'");
        var piped = await gateway.Otask("list", "-o", "template={{name}}");

        Assert.Contains(Shown, seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b]0;evil", seen, StringComparison.Ordinal);
        Assert.Equal(Evil + "\n", piped.Output);
    }

    private static async Task<string> OnTerminal(string arguments)
    {
        var ended = await Finished.Run("script", "-q", "-e", "-c", $"{BuiltPrograms.Otask} {arguments}", "/dev/null");
        Assert.Equal("", ended.Errors);
        return ended.Output;
    }
}
