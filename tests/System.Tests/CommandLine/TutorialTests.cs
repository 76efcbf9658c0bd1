using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Runs the commands of the tutorials as they stand there, against the outputs that they promise.</summary>
[Collection(nameof(Alone))]
public sealed class TutorialTests : DataFolders
{
    private const string FileRoot = "/tmp/otask-csv";

    // Only a step that hangs takes so long: the longest sums a million rows, for which a slow machine may need more than a minute.
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("hundred-numbers.md", 3)]
    [InlineData("three-hundred-pictures.md", 3)]
    [InlineData("word-count.md", 0)]
    [InlineData("nightly-backup.md", 0)]
    [InlineData("crawl.md", 0)]
    [InlineData("build-graph.md", 0)]
    [InlineData("csv-sums.md", 0, "--file-root", FileRoot)]
    [InlineData("team-crontab.md", 0, "--smtp", "smtp-plain://127.0.0.1:25")]
    public async Task Tutorial_EveryCommand_PrintsWhatItSays(string name, int workers, params string[] options)
    {
        Directory.CreateDirectory(FileRoot);
        await using var service = await Service.Start(Data, workers > 0 ? ["--slots", "0"] : options);
        var started = new List<WorkerProcess>();
        try
        {
            for (var i = 1; i <= workers; i++)
                started.Add(await WorkerProcess.Start(service, $"w{i}", Path.Combine(Data, $"worker{i}"), "--slots", "1"));
            var steps = Steps(await File.ReadAllTextAsync(Path.Combine(BuiltPrograms.Repository, "docs", "tutorials", name)));
            Assert.NotEmpty(steps);
            await Run(service, steps);
        }
        finally
        {
            foreach (var worker in started)
                await worker.DisposeAsync();
        }
    }

    /// <summary>Runs every step; fails at the first that prints what is not as promised.</summary>
    private static async Task Run(Service service, List<(string Script, string? Expected)> steps)
    {
        foreach (var (script, expected) in steps)
        {
            var ended = await Finished.Run(
                "/bin/bash", ["-eu", "-c", script.Replace("bin/otask", BuiltPrograms.Otask, StringComparison.Ordinal)],
                [("OTASK_URL", service.Url.ToString().TrimEnd('/'))], StepLimit);
            Assert.True(ended.ExitCode == 0, $"{script}\nended with {ended.ExitCode}: {ended.Errors}");
            Assert.True(expected is null || JsonNode.DeepEquals(Promised(expected), Promised(ended.Output)), $"{script}\nprinted {ended.Output}");
        }
    }

    /// <summary>
    /// What was printed, with the workers' shares added up: the ring passes over a worker that is still busy at its turn, as the page
    /// says and as any may be on a machine with other work. That the shares are even where none is, ChunkTests prove.
    /// </summary>
    private static JsonNode? Promised(string printed)
    {
        var promised = JsonNode.Parse(printed);
        if (promised is not JsonArray { Count: > 0 } shares || shares[0] is not JsonObject first || !first.ContainsKey("node"))
            return promised;
        return new JsonObject
        {
            ["nodes"] = new JsonArray([.. shares.Select(static share => share!["node"]!.DeepClone())]),
            ["items"] = shares.Sum(static share => (int)share!["items"]!),
            ["chunks"] = shares.Sum(static share => (int)share!["chunks"]!),
        };
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
