using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Files;

/// <summary>
/// The data folders of service and worker. An input is one <see cref="Damage"/>, done to a copy of what a real run left
/// behind.
/// </summary>
internal sealed partial class FileSurface : ISurface
{
    private const string Note = "What a user keeps here.";
    private const int Refused = 1;
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(25);

    private readonly Func<string, string> folder;
    private readonly LeftFolders left;
    private readonly Service master;
    private readonly Figures figures;
    private readonly string[] serviceFiles;
    private readonly string[] workerFiles;
    private int tries;

    /// <summary>Makes the surface.</summary>
    /// <param name="folder">Gives a path in the test's own folder.</param>
    /// <param name="left">What real runs left behind.</param>
    /// <param name="master">A service for the workers.</param>
    /// <param name="figures">Gets what the master holds.</param>
    public FileSurface(Func<string, string> folder, LeftFolders left, Service master, Figures figures)
    {
        (this.folder, this.left, this.master, this.figures) = (folder, left, master, figures);
        (serviceFiles, workerFiles) = (LeftFolders.FilesOf(left.OfService), LeftFolders.FilesOf(left.OfWorker));
        Before = ProcessGauge.Of(master.Agent);
    }

    /// <inheritdoc/>
    public string Name => "files";

    /// <inheritdoc/>
    public int MostInTests => 6;

    private ProcessGauge Before { get; }

    /// <inheritdoc/>
    public byte[] Make(Random random, Corpus corpus)
    {
        var isService = random.Percent(60);
        return Encoding.UTF8.GetBytes(
            $"{Damage.Draw(random, isService ? "service" : "worker", isService ? serviceFiles : workerFiles)}\n");
    }

    /// <inheritdoc/>
    public async Task<string> Try(byte[] input)
    {
        var damage = Damage.Parse(input);
        var (place, outside) = (folder($"try{++tries}"), folder($"outside{tries}"));
        var isService = damage.Program == "service";
        LeftFolders.Copy(isService ? left.OfService : left.OfWorker, place);
        Directory.CreateDirectory(outside);
        // An output file of the kept run may have another name: the first file of its folder stands for it.
        var real = damage with { Path = Resolve(place, damage.Path) };
        real.Apply(place, outside);
        string[] notes = [Path.Combine(place, "notes.txt"), .. Directory.Exists(Path.Combine(place, "work"))
            ? [Path.Combine(place, "work", "notes.txt")] : Array.Empty<string>()];
        foreach (var note in notes)
            await File.WriteAllTextAsync(note, Note);
        var outcome = isService ? await TryService(real, place) : await TryWorker(real, place);
        foreach (var note in notes)
            if (!File.Exists(note) || await File.ReadAllTextAsync(note) != Note)
                throw new FindingException(
                    $"{damage}: a file that is not the program's own was deleted or changed: {Path.GetFileName(note)}");
        if (damage.Kind == "link" && !Path.Exists(Path.Combine(outside, "target"))
            && !Path.Exists(Path.Combine(outside, "moved")))
            throw new FindingException($"{damage}: the target of the link was deleted.");
        Directory.Delete(place, recursive: true);
        return outcome;
    }

    /// <inheritdoc/>
    public Task Check()
    {
        figures.Processes["master of the workers"] = (Before, ProcessGauge.Of(master.Agent));
        return Task.CompletedTask;
    }

    private static string Resolve(string place, string path) =>
        Path.Exists(Path.Combine(place, path)) ? path
            : LeftFolders.FilesOf(place)
                .FirstOrDefault(other => Path.GetDirectoryName(other) == Path.GetDirectoryName(path)
                && File.Exists(Path.Combine(place, other)))
            ?? throw new FindingException(
                $"The folder that was left has no {path}: the corpus names a file that there is not any more.");

    private static async Task<string> TryService(Damage damage, string place)
    {
        var began = TimeProvider.System.GetTimestamp();
        Service service;
        try
        {
            service = await Service.Start(place, "--slots", "2", "--drain", "1s");
        }
        catch (InvalidOperationException ended)
        {
            return RequireReason(damage, ended.Message, TimeProvider.System.GetElapsedTime(began));
        }
        catch (TimeoutException)
        {
            throw new FindingException($"{damage}: the service has neither started nor ended within 30 s.");
        }

        await using (service)
        {
            var outcome = await Serve(damage, service, damage.Path.StartsWith("tasks.db", StringComparison.Ordinal));
            service.Terminate();
            await RequireEnd(damage, () => service.End(EndLimit), service.Log);
            return outcome;
        }
    }

    private async Task<string> TryWorker(Damage damage, string place)
    {
        var began = TimeProvider.System.GetTimestamp();
        WorkerProcess worker;
        try
        {
            worker = await WorkerProcess.Start(master, "w1", place, "--slots", "2", "--label", $"try={tries}");
        }
        catch (InvalidOperationException ended)
        {
            var isSpool = damage.Path == "results" && damage.Kind is not ("directory" or "loop" or "dangling");
            if (isSpool)
                throw new FindingException(
                    $"{damage}: a damaged spool keeps the worker from starting: {ended.Message}");
            return RequireReason(damage, ended.Message, TimeProvider.System.GetElapsedTime(began));
        }
        catch (TimeoutException)
        {
            throw new FindingException($"{damage}: the worker has neither started nor ended within 30 s.");
        }

        await using (worker)
        {
            var outcome = await Serve(damage, master, mayBeDamaged: false, $"{tries}");
            if (worker.Log.Contains("   at ", StringComparison.Ordinal))
                throw new FindingException($"{damage}: the worker's log has a stack trace:\n{Shorten(worker.Log)}");
            worker.Send(Signals.Terminate);
            await RequireEnd(damage, () => worker.End(EndLimit), worker.Log);
            return outcome;
        }
    }

    /// <summary>Runs a task. A database that is found to be damaged later may say so in its answers instead.</summary>
    private static async Task<string> Serve(Damage damage, Service service, bool mayBeDamaged, string? label = null)
    {
        var spec = new JsonObject { ["cmd"] = "true", ["priority"] = 9 };
        if (label is not null)
            spec["requires"] = new JsonObject { ["try"] = label };
        using var accepted = await service.Post("/api/v1/tasks", spec);
        if (mayBeDamaged && accepted.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
            return "damage told";
        if (accepted.StatusCode != HttpStatusCode.Accepted)
            throw new FindingException(
                $"{damage}: a task is answered {(int)accepted.StatusCode}:\n{Shorten(service.Log)}");
        var id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["id"]!;
        using var answer = await service.Http.GetAsync($"/api/v1/tasks/{id}?wait=20s");
        if (mayBeDamaged && answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
            return "damage told";
        var task = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return (string?)task["state"] == "succeeded" ? "serves"
            : throw new FindingException(
                $"{damage}: the task 'true' ended otherwise: {task.ToJsonString()}\n{Shorten(service.Log)}");
    }

    private static async Task RequireEnd(Damage damage, Func<Task<int>> end, string log)
    {
        try
        {
            await end();
        }
        catch (TimeoutException)
        {
            throw new FindingException(
                $"{damage}: the program does not end within {EndLimit.TotalSeconds} s after SIGTERM:\n{Shorten(log)}");
        }
    }

    /// <summary>A program that ends at its start says why in one line that names the file, and nothing else.</summary>
    internal static string RequireReason(Damage damage, string ended, TimeSpan took)
    {
        var match = EndedWith().Match(ended);
        var lines = match.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var name = Path.GetFileName(damage.Path) is var file && file.StartsWith("tasks.db", StringComparison.Ordinal)
            ? "tasks.db" : file;
        if (took > RefusalLimit)
            throw new FindingException($"{damage}: the program took {took.TotalSeconds:F0} s to refuse its start.");
        if (match.Groups[1].Value != $"{Refused}" || lines.Length != 1 || !lines[0]
            .Contains(name, StringComparison.Ordinal))
            throw new FindingException(
                $"{damage}: the program must end with {Refused} and one line that names {name}, and {Shorten(ended)}");
        return "refused";
    }

    private static string Shorten(string text) => text.Length <= 1_500 ? text : text[..700] + "\n…\n" + text[^700..];

    [GeneratedRegex("ended with ([0-9]+):\n(.*)", RegexOptions.Singleline)]
    private static partial Regex EndedWith();
}
