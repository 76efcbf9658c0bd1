using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask logs --grep</c> on a real service, with output far larger than a page.</summary>
public sealed class LogSearchTests(SharedServices shared)
{
    private const int Lines = 2_000_000;

    [Fact]
    public async Task Grep_InAHundredMegabytes_FindsItsLines()
    {
        var service = await shared.Running;
        using var made = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"awk 'BEGIN {{ for (i = 1; i <= {Lines}; i++) print \"line \" i \" of some output of a task, as it is\"; print \"ende\" }}'"
                + "; echo late >&2",
            ["maxOutputBytes"] = 200_000_000,
        });
        var task = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync())!["id"]!;
        await service.Ended(task);

        Assert.Equal(
            $"stdout:{Lines}:line {Lines} of some output of a task, as it is\nstdout:{Lines + 1}:ende\n",
            (await Search(service, task, "--grep", $"^(line {Lines} |ENDE$)", "--regex", "-i")).Output);
        Assert.Equal("stderr:1:late\n", (await Search(service, task, "--grep", "late", "--attempt", "1")).Output);
        var many = (await Search(service, task, "--grep", "line 19999", "--stream", "stdout")).Output;
        Assert.Equal(Enumerable.Range(1, Lines).Count(static i => $"{i}".StartsWith("19999", StringComparison.Ordinal)),
            many.Count('\n'));
        Assert.Equal("", (await Search(service, task, "--grep", "LATE")).Output);
        Assert.Equal(2, (await Search(service, task, "--regex")).ExitCode);
        Assert.Equal(1, (await Search(service, task, "--grep", "[", "--regex")).ExitCode);
    }

    private static Task<Finished> Search(Service service, string task, params string[] options) =>
        Otask.Run(service, ["logs", task, .. options]);
}
