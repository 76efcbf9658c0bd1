using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Files;

/// <summary>
/// A large input to a remote worker, cold and warm, a large artifact back, and many small inputs, each beside its
/// reference.
/// </summary>
public sealed class FileMoves : IScenario
{
    private const int SmallBytes = 4_096;
    private const int WarmTasks = 20;
    private const string Plain = "nginx, curl, sha256sum, sync";
    private static readonly int LargeMebibytes = Parameter.Of("OTASK_BENCH_FILE_MIB", 1_024);
    private static readonly int SmallFiles = Parameter.Of("OTASK_BENCH_FILES", 10_000);

    /// <inheritdoc/>
    public string Name => "files";

    /// <inheritdoc/>
    public string Summary => $"an input of {LargeMebibytes} MiB, an artifact as large, and {SmallFiles} inputs of "
        + "4 KiB, by a remote worker; references: nginx to curl, and tar to tar";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-files-").FullName;
        try
        {
            await using var service = await ServiceProcess.Start(slots: 0);
            await using var worker = await RemoteWorkerProcess.Start(service.Workers, "w1", slots: 1);
            using var downloads = PlainDownloads.Of(folder);
            await TaskFiles.Store(service.Http, folder, Math.Min(64, LargeMebibytes));
            return [.. await Large(service, folder, downloads, runs), .. await Small(service, folder, runs)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Figure[]> Large(ServiceProcess service, string folder, PlainDownloads downloads, int runs)
    {
        var (cold, artifact, plain, plainAgain, warm) =
            (new double[runs], new double[runs], new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var name = await TaskFiles.Store(service.Http, folder, LargeMebibytes);
            plain[run] = LargeMebibytes / downloads.Seconds("large");
            cold[run] = LargeMebibytes / await TaskFiles.Timed(service.Http, TaskFiles.WithInput(name));
            warm[run] = await WarmCost(service, name);
            TaskFiles.Fill(Path.Combine(folder, "made"), LargeMebibytes * TaskFiles.Mebi);
            plainAgain[run] = LargeMebibytes / downloads.Seconds("made");
            artifact[run] = LargeMebibytes / await ArtifactSeconds(service, Path.Combine(folder, "made"));
        }

        return
        [
            new Figure("large input to a remote worker, cold", "MiB/s", cold, plain, Plain, 0.7, AtLeast: true),
            new Figure("  warm, beyond a task without files", "ms", warm, [], null, 5, AtLeast: false),
            new Figure("large artifact back, durable", "MiB/s", artifact, plainAgain, Plain, 0.6, AtLeast: true),
        ];
    }

    private static async Task<Figure[]> Small(ServiceProcess service, string folder, int runs)
    {
        var (cold, warm, plain) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var small = Path.Combine(folder, "small");
            var names = MakeSmall(small);
            await Upload(service, small);
            plain[run] = SmallFiles / ShellRun.Seconds(folder, "mkdir copy; tar c small | tar x -C copy; sync -f copy");
            ShellRun.Seconds(folder, "rm -r copy small small.tar");
            var spec = TaskFiles.WithInputs(names);
            cold[run] = SmallFiles / await TaskFiles.Timed(service.Http, spec);
            warm[run] = await TaskFiles.Timed(service.Http, spec);
        }

        return
        [
            new Figure("small inputs to a remote worker, cold", "files/s", cold, plain, "tar to tar, sync", 0.5,
                AtLeast: true),
            new Figure("  all of them, warm", "s", warm, [], null, 0.5, AtLeast: false),
        ];
    }

    // In turn, so that both kinds meet the same neighbours.
    private static async Task<double> WarmCost(ServiceProcess service, string name)
    {
        var (with, without) = (new double[WarmTasks], new double[WarmTasks]);
        for (var i = 0; i < WarmTasks; i++)
        {
            with[i] = 1_000 * await TaskFiles.Timed(service.Http, TaskFiles.WithInput(name));
            without[i] = 1_000 * await TaskFiles.Timed(service.Http, new JsonObject { ["cmd"] = "true" });
        }

        return Statistics.Median(with) - Statistics.Median(without);
    }

    // From the moment at which the command has made the file.
    private static async Task<double> ArtifactSeconds(ServiceProcess service, string made)
    {
        var task = await TaskFiles.Ended(service.Http, new JsonObject
        {
            ["cmd"] = $"cp {made} out && sync out && date +%s%3N", ["artifacts"] = new JsonArray("out"),
        });
        var began = long.Parse(task.GetProperty("output").GetProperty("tail").GetString()!,
            CultureInfo.InvariantCulture);
        return (task.GetProperty("endedAt").GetDateTimeOffset().ToUnixTimeMilliseconds() - began) / 1_000.0;
    }

    private static string[] MakeSmall(string folder)
    {
        Directory.CreateDirectory(folder);
        var names = new string[SmallFiles];
        var bytes = new byte[SmallBytes];
        for (var i = 0; i < SmallFiles; i++)
        {
            Random.Shared.NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), bytes);
            names[i] = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        }

        return names;
    }

    private static async Task Upload(ServiceProcess service, string folder)
    {
        var archive = folder + ".tar";
        await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(folder, archive, includeBaseDirectory: false);
        await using var file = File.OpenRead(archive);
        using var content = new StreamContent(file);
        content.Headers.ContentType = new("application/x-tar");
        using var answer = await service.Http.PostAsync("/api/v1/files/archive", content);
        answer.EnsureSuccessStatusCode();
    }
}
