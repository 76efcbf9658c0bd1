using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Files;

/// <summary>Data folders as a power cut leaves them, with work that had not ended.</summary>
/// <param name="OfService">The service's folder.</param>
/// <param name="OfWorker">The folder of a remote worker, with results that no master has settled.</param>
internal sealed record LeftFolders(string OfService, string OfWorker)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Runs a service with a remote worker beside it and kills both.</summary>
    /// <param name="folder">Gives a path in the test's own folder.</param>
    public static async Task<LeftFolders> Make(Func<string, string> folder)
    {
        var left = new LeftFolders(folder("left-service"), folder("left-worker"));
        await using var service = await Service.Start(left.OfService, "--slots", "1");
        await using var worker = await WorkerProcess.Start(service, "w1", left.OfWorker, "--slots", "2", "--label",
            "remote=yes");
        await service.Ended(await service.Submit("seq 1 9000; seq 1 9000 >&2"));
        await service.Ended(await Remote(service, "echo done"));
        // Waits for its queue's slot and for a label that no node has; ends after its service.
        await service.Submit("sleep 60");
        await service.Submit("echo queued");
        var gate = folder("gate");
        var unsettled = await Remote(service,
            $"echo started > {gate}.started; while [ ! -e {gate} ]; do :; done; echo late");
        await Until.Holds("a task that runs", Limit, () => Task.FromResult(File.Exists(gate + ".started")));
        await Job(service);
        await service.KillAll();
        await File.WriteAllTextAsync(gate, "");
        var spool = Path.Combine(left.OfWorker, "results");
        await Until.Holds($"the result of {unsettled} in the spool", Limit, () =>
            Task.FromResult(new FileInfo(spool) is { Exists: true, Length: > 0 }));
        Signals.Send(worker.Agent, Signals.Kill);
        worker.Send(Signals.Kill);
        await worker.End();
        return left;
    }

    /// <summary>The files and folders in a folder, by path.</summary>
    public static string[] FilesOf(string folder) =>
    [
        .. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(folder, path))
                .Where(static path => !path.Contains("attempt-", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal),
    ];

    /// <summary>Copies a folder with all that is in it.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static async Task<string> Remote(Service service, string cmd)
    {
        using var accepted = await service.Post("/api/v1/tasks",
            new JsonObject { ["cmd"] = cmd, ["requires"] = new JsonObject { ["remote"] = "yes" } });
        return (string)JsonNode.Parse(await accepted.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!;
    }

    private static async Task Job(Service service)
    {
        using var accepted = await service.Post("/api/v1/jobs", JsonNode.Parse(
            """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"as":"c","op":"collect"}]}""")!);
        accepted.EnsureSuccessStatusCode();
    }
}
