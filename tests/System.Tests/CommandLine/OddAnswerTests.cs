using System.Text;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// An address may belong to another program. What it answers ends otask with one line, and never looks like success.
/// </summary>
public sealed class OddAnswerTests : GatewayCommandLines
{
    private static readonly byte[][] NoObjects =
    [
        "[]"u8.ToArray(), "null"u8.ToArray(), "7"u8.ToArray(), "\"x\""u8.ToArray(), [], "<html>"u8.ToArray(), "{}{}"u8.ToArray(),
        "{\"id\":\"x\",\"id\":\"y\",\"state\":\"succeeded\"}"u8.ToArray(), "{\"id\":\"a\\ud800\",\"state\":\"succeeded\"}"u8.ToArray(),
        [.. "{\"state\":\"succeeded\",\"id\":\"caf"u8, 0xE9, .. "\"}"u8],
    ];

    public static TheoryData<string> AllCommands => [.. Commands];

    [Theory]
    [MemberData(nameof(AllCommands))]
    public async Task AnswerThatIsNoObject_EndsWithOneLine(string command)
    {
        byte[] answer = [];
        var line = LineOf(command);
        await using var gateway = await StubGateway.StartWithOne(() => answer);
        foreach (var odd in NoObjects)
        {
            answer = odd;
            gateway.Asked.Clear();
            var ended = await gateway.Otask(line);
            var said = $"{command}, {Encoding.Latin1.GetString(answer)}: {ended}";
            Assert.NotEmpty(gateway.Asked);
            Assert.True(ended.ExitCode == 1, said);
            Assert.True(ended.Errors.StartsWith("otask: ", StringComparison.Ordinal), said);
            // These first print how to go on, or notes about the lines.
            Assert.True(command is "job feed" or "map" or "import crontab"
                || ended.Errors.Count(static c => c == '\n') == 1, said);
        }
    }

    [Theory]
    [InlineData("submit true")]
    [InlineData("run true")]
    [InlineData("job run --detach --range 0:9")]
    [InlineData("rollout start true")]
    [InlineData("list")]
    [InlineData("queue list")]
    [InlineData("wait 0199aa00-0000-7000-8000-000000000001")]
    public async Task ObjectWithoutFields_IsNoSuccess(string line)
    {
        await using var gateway = await StubGateway.StartWithOne("{}"u8.ToArray());

        var ended = await gateway.Otask(line.Split(' '));

        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.Matches(
            "^otask: The answer has no field '(id|items|state)'. Is --url the address of an OrleansTasks gateway",
            ended.Errors);
    }
}
