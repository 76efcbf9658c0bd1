using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Runs the commands of the tutorials as they stand there, against the outputs that they promise.</summary>
public sealed class TutorialTests : DataFolders
{
    [Theory]
    [InlineData("hundred-numbers.md", 3)]
    [InlineData("word-count.md", 0)]
    public async Task Tutorial_EveryCommand_PrintsWhatItSays(string name, int workers)
    {
        await using var service = await Service.Start(Data, workers > 0 ? ["--slots", "0"] : []);
        var started = new List<WorkerProcess>();
        try
        {
            for (var i = 1; i <= workers; i++)
                started.Add(await WorkerProcess.Start(service, $"w{i}", Path.Combine(Data, $"worker{i}"), "--slots", "1"));
            var steps = Steps(await File.ReadAllTextAsync(Path.Combine(BuiltPrograms.Repository, "docs", "tutorials", name)));
            Assert.NotEmpty(steps);
            foreach (var (script, expected) in steps)
            {
                var ended = await Finished.Run(
                    "/bin/bash", ["-eu", "-c", script.Replace("bin/otask", BuiltPrograms.Otask, StringComparison.Ordinal)],
                    [("OTASK_URL", service.Url.ToString())]);
                Assert.True(ended.ExitCode == 0, $"{script}\nended with {ended.ExitCode}: {ended.Errors}");
                if (expected is not null)
                    Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(ended.Output)),
                        $"{script}\nprinted {ended.Output}");
            }
        }
        finally
        {
            foreach (var worker in started)
                await worker.DisposeAsync();
        }
    }

    /// <summary>The scripts of a page with the output that the block after each promises; what starts the service is left out.</summary>
    private static List<(string Script, string? Expected)> Steps(string page)
    {
        var steps = new List<(string Script, string? Expected)>();
        string? kind = null;
        var block = new List<string>();
        foreach (var line in page.Split('\n'))
        {
            if (!line.StartsWith("```", StringComparison.Ordinal))
                block.Add(line);
            else if (kind is null)
            {
                kind = line[3..];
                block.Clear();
            }
            else
            {
                if (kind == "sh")
                    steps.Add((string.Join('\n', block), null));
                else if (kind == "json")
                    steps[^1] = (steps[^1].Script, string.Join('\n', block));
                kind = null;
            }
        }

        return steps;
    }
}
