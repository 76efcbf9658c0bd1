using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Runs the commands of the tutorials as they stand there, against the outputs that they promise.</summary>
[Collection(nameof(Alone))]
public sealed class TutorialTests(TutorialTests.Scene scene) : IClassFixture<TutorialTests.Scene>
{
    // Only a step that hangs takes so long: the longest sums a million rows, for which a slow machine may need more than a minute.
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("hundred-numbers.md", Beginning.ThreeWorkers)]
    [InlineData("three-hundred-pictures.md", Beginning.ThreeWorkers)]
    [InlineData("word-count.md", Beginning.NoOptions)]
    [InlineData("nightly-backup.md", Beginning.NoOptions)]
    [InlineData("crawl.md", Beginning.NoOptions)]
    [InlineData("build-graph.md", Beginning.NoOptions)]
    [InlineData("csv-sums.md", Beginning.Options)]
    [InlineData("team-crontab.md", Beginning.Options)]
    public async Task Tutorial_EveryCommand_PrintsWhatItSays(string name, Beginning beginning)
    {
        var service = await scene.Begin(beginning);
        var steps = Steps(
            await File.ReadAllTextAsync(Path.Combine(BuiltPrograms.Repository, "docs", "tutorials", name)));
        Assert.NotEmpty(steps);
        await Run(service, steps);
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

    /// <summary>How a page begins.</summary>
    public enum Beginning
    {
        /// <summary>A service without options.</summary>
        NoOptions,

        /// <summary>A service with options. It has those of all such pages.</summary>
        Options,

        /// <summary>A service without slots, and three workers with one slot each.</summary>
        ThreeWorkers,
    }

    /// <summary>
    /// What the pages start. Those that begin alike share it, because each names what it makes; it starts with the first
    /// of them.
    /// </summary>
    public sealed class Scene : DataFolders, IAsyncDisposable
    {
        private const string FileRoot = "/tmp/otask-csv";

        private readonly Dictionary<Beginning, Task<Service>> services = [];
        private readonly Stack<IAsyncDisposable> started = new();

        /// <summary>The service, with its workers.</summary>
        internal Task<Service> Begin(Beginning beginning)
        {
            if (!services.TryGetValue(beginning, out var service))
                services[beginning] = service = Start(beginning);
            return service;
        }

        public async ValueTask DisposeAsync()
        {
            // The latest first: workers leave before their service does.
            foreach (var one in started)
                await one.DisposeAsync();
            Dispose();
        }

        private async Task<Service> Start(Beginning beginning)
        {
            Directory.CreateDirectory(FileRoot);
            string[] options = beginning switch
            {
                Beginning.Options => ["--file-root", FileRoot, "--smtp", "smtp-plain://127.0.0.1:25"],
                Beginning.ThreeWorkers => ["--slots", "0"],
                _ => [],
            };
            var service = await Service.Start(In($"{beginning}"), options);
            started.Push(service);
            for (var i = 1; beginning == Beginning.ThreeWorkers && i <= 3; i++)
                started.Push(await WorkerProcess.Start(service, $"w{i}", In($"w{i}"), "--slots", "1"));
            return service;
        }
    }
}
