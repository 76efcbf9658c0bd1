using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Output in the order in which it arrived, from the worker's pipes to <c>otask logs</c>.</summary>
public sealed class LogOrderTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("")]
    [InlineData("seq 1 20000; ")]
    public async Task Logs_StreamsInTurn_AreShownInThatOrderWithTheirTimes(string much)
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"));
        // One for each read: a reader that comes while the writer before it closes would find the end of the file.
        string[] go = [In("go1"), In("go2")];
        using var made = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"mkfifo {go[0]} {go[1]}; {much}echo first; read x < {go[0]}; echo second >&2; read x < {go[1]}; echo third",
        });
        var task = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;
        await Continue("stdout", "first", go[0]);
        await Continue("stderr", "second", go[1]);
        var ended = await service.Ended(task);
        Assert.Equal("succeeded", (string?)ended["state"]);

        // The events of the log have the lines in their order, those of an attempt that has ended as well.
        var log = await service.Http.GetStringAsync($"/api/v1/tasks/{task}/logs?attempt=1", TestContext.Current.CancellationToken);
        Assert.True(log.IndexOf("first", StringComparison.Ordinal) < log.IndexOf("second", StringComparison.Ordinal), log);
        Assert.True(log.IndexOf("second", StringComparison.Ordinal) < log.IndexOf("third", StringComparison.Ordinal), log);

        var index = JsonNode.Parse(await service.Http.GetStringAsync(
            $"/api/v1/tasks/{task}/attempts/1/output/index", TestContext.Current.CancellationToken))!;
        var marks = index["marks"]!.AsArray().Select(static mark => (string)mark!["stream"]!).ToArray();
        Assert.Equal(["stdout", "stderr", "stdout"], marks.Where((stream, i) => i == 0 || stream != marks[i - 1]));
        Assert.Equal(1, (int)index["streams"]!["stderr"]!["lines"]!);

        var plain = await Otask.Run(service, ["logs", task]);
        Assert.EndsWith("first\nthird\n", plain.Output, StringComparison.Ordinal);
        Assert.Equal("second\n", plain.Errors);
        var timed = await Otask.Run(service, ["logs", "-t", task]);
        const string time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z";
        Assert.Matches($"(^|\n){time} first\n{time} third\n$", timed.Output);
        Assert.Matches($"^{time} second\n$", timed.Errors);
        string[] times = [timed.Output.Split('\n')[^3][..24], timed.Errors[..24], timed.Output.Split('\n')[^2][..24]];
        Assert.Equal(times.Order(StringComparer.Ordinal), times);

        var later = await Otask.Run(service, ["logs", "--since", times[1], task]);
        Assert.Equal(("third\n", "second\n"), (later.Output, later.Errors));

        async Task Continue(string stream, string text, string pipe)
        {
            await Until.Holds($"the log has '{text}'", Patience, async () =>
                (await service.Http.GetStringAsync($"/api/v1/tasks/{task}/output/{stream}", TestContext.Current.CancellationToken))
                    .Contains(text, StringComparison.Ordinal));
            await File.WriteAllTextAsync(pipe, "\n", TestContext.Current.CancellationToken);
        }
    }
}
