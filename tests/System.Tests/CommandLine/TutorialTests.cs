using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Runs the commands of the tutorials as they stand there, against the outputs that they promise.</summary>
[Collection(nameof(TutorialTests))]
public sealed class TutorialTests : DataFolders
{
    /// <summary>With nothing beside them: they show how work is spread in time.</summary>
    [CollectionDefinition(nameof(TutorialTests), DisableParallelization = true)]
    public sealed class Alone;

    private const string FileRoot = "/tmp/otask-csv";

    // A ring passes over a worker that is still busy at its turn, which the machine's other work may make it now and then.
    private const int Tries = 3;

    [Theory]
    [InlineData("hundred-numbers.md", 3)]
    [InlineData("word-count.md", 0)]
    [InlineData("csv-sums.md", 0, "--file-root", FileRoot)]
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
            string? difference = null;
            for (var tries = 0; tries < Tries && (tries == 0 || difference is not null); tries++)
                difference = await Run(service, steps);
            Assert.Null(difference);
        }
        finally
        {
            foreach (var worker in started)
                await worker.DisposeAsync();
        }
    }

    /// <summary>Runs every step; what the first one printed that is not as promised, or null.</summary>
    private static async Task<string?> Run(Service service, List<(string Script, string? Expected)> steps)
    {
        foreach (var (script, expected) in steps)
        {
            var ended = await Finished.Run(
                "/bin/bash", ["-eu", "-c", script.Replace("bin/otask", BuiltPrograms.Otask, StringComparison.Ordinal)],
                [("OTASK_URL", service.Url.ToString())]);
            Assert.True(ended.ExitCode == 0, $"{script}\nended with {ended.ExitCode}: {ended.Errors}");
            if (expected is not null && !JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(ended.Output)))
                return $"{script}\nprinted {ended.Output}";
        }

        return null;
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
