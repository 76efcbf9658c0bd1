using System.CommandLine;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Ids and names that would make an address that of another call.</summary>
public sealed class PathWordTests
{
    // The names of "config" are those of profiles, which no address has.
    public static TheoryData<string> Commands => [.. OtaskTree.Commands()
        .Where(static entry => entry.Words[0] != "config" && entry.Command.Arguments.Any(IsOfAThing)).Select(static entry => string.Join(' ', entry.Words))];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task AnIdThatIsAPathWord_IsRefusedWithoutACall(string command)
    {
        // It answers whatever is asked as a list would.
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks/summary", "{}"), ("/api/v1/schedules/upcoming", """{"items":[]}"""), ("/api/v1/queues", """{"items":[]}"""));
        string[] words = IsOfAName(OtaskTree.Of(command)) ? [".", "..", ""] : [".", "..", "", "summary", "upcoming"];
        foreach (var word in words)
        {
            var arguments = OtaskTree.Of(command).Arguments.Select(argument => IsOfAThing(argument) ? word : "1");
            var refused = await gateway.Otask([.. command.Split(' '), .. arguments, .. More(command)]);

            Assert.True(refused.ExitCode == 2, $"{word}: {refused}");
            Assert.Contains($"'{word}' is not an id", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Asked);
    }

    [Theory]
    [InlineData("""{"queues":[{"name":"."}]}""")]
    [InlineData("""{"queues":[{"name":".."}]}""")]
    [InlineData("""{"schedules":[{"id":"."}]}""")]
    public async Task Apply_OfAPathWord_IsRefusedWithoutACall(string file)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/queues/", """{"items":[]}"""), ("/api/v1/", "{}"));
        var path = Path.Combine(Path.GetTempPath(), $"otask-apply-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(path, file, TestContext.Current.CancellationToken);
        try
        {
            Assert.Equal(2, (await gateway.Otask("apply", "-f", path)).ExitCode);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Empty(gateway.Asked);
    }

    private static bool IsOfAThing(Argument argument) => argument.Name is "id" or "name" or "operation";

    // A queue, a node or a definition may have the name of a call.
    private static bool IsOfAName(Command command) => command.Parents.Any(static parent => parent.Name is "queue" or "node" or "definition");

    // What a command needs besides its arguments.
    private static string[] More(string command) => command switch
    {
        "cancel" or "retry" or "queue delete" or "key revoke" or "node forget" => ["--yes"],
        "job feed" => ["--from", "/dev/null"],
        _ => [],
    };
}
