using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// What a sandbox and a container add to /bin/true, in turn with a task without one and with <c>podman run</c> of the
/// same options.
/// </summary>
public sealed class IsolationCost : IScenario
{
    private const int Tasks = 200;
    private const int Containers = 25;
    private const int MostLooks = 600;
    private const string Image = "localhost/orleanstasks-proof:1";
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Folders =
        [.. ((string[])["/usr", "/bin", "/lib", "/lib64"]).Where(Directory.Exists)];

    /// <inheritdoc/>
    public string Name => "isolation";

    /// <inheritdoc/>
    public string Summary => $"{Tasks} x /bin/true in a sandbox and {Containers} in a container, one by one; "
        + "references: without a sandbox, and podman run";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 1, null, "--sandbox-allow", "/usr");
        await UntilContainers(service);
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-container-");
        try
        {
            await Compare(Tasks, () => Time(service, "sandbox"), () => Time(service, null));
            var (sandbox, container) = (new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
            {
                sandbox[run] = await Compare(Tasks, () => Time(service, "sandbox"), () => Time(service, null));
                container[run] = await Compare(
                    Containers, () => Time(service, InContainer()), () => Task.FromResult(Plain(folder.FullName)));
            }

            return
            [
                new Figure("a sandbox, beyond a task without", "ms", sandbox, [], null, 3, AtLeast: false),
                new Figure("a container, beyond podman run", "ms", container, [], null, 15, AtLeast: false),
            ];
        }
        finally
        {
            folder.Delete();
        }
    }

    // In turn, so that both kinds meet the same neighbours.
    private static async Task<double> Compare(int count, Func<Task<double>> with, Func<Task<double>> without)
    {
        var (ours, plain) = (new double[count], new double[count]);
        for (var i = 0; i < count; i++)
            (ours[i], plain[i]) = (await with(), await without());
        return Statistics.Median(ours) - Statistics.Median(plain);
    }

    private static async Task<double> Time(ServiceProcess service, JsonNode? isolation)
    {
        var spec = new JsonObject { ["argv"] = new JsonArray("/bin/true") };
        if (isolation is not null)
            spec["isolation"] = isolation;
        return 1_000 * await TaskFiles.Timed(service.Http, spec);
    }

    // The image is empty, so its containers use the machine's programs.
    private static JsonObject InContainer() => new()
    {
        ["kind"] = "container",
        ["image"] = Image,
        ["pull"] = "never",
        ["mounts"] = new JsonArray(
            [.. Folders.Select(static path => (JsonNode)new JsonObject { ["from"] = path, ["readOnly"] = true })]),
    };

    // As the worker calls it (ContainerEngine.Run).
    private static double Plain(string folder)
    {
        var start = new ProcessStartInfo("podman",
        [
            "run", "--init", "--pull=never", "--log-driver=none", "--no-healthcheck", "--network=none",
            "--cap-drop=ALL", "--security-opt=no-new-privileges", "--rm", "--sdnotify=ignore", "--http-proxy=false",
            "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--uidmap=0:2147418112:65536",
            "--gidmap=0:2147418112:65536",
            .. Folders.Select(static path => $"--mount=type=bind,src={path},dst={path},ro=true"),
            $"--mount=type=bind,src={folder},dst={folder},U=true", $"--workdir={folder}",
            "--entrypoint=/bin/true", Image,
        ]);
        var began = TimeProvider.System.GetTimestamp();
        using var process = Tool.Start(start);
        process.WaitForExit();
        return process.ExitCode == 0
            ? TimeProvider.System.GetElapsedTime(began).TotalMilliseconds
            : throw new InvalidOperationException($"podman run ended with {process.ExitCode}.");
    }

    // The worker proves its engine after its start, and a heartbeat says so.
    private static async Task UntilContainers(ServiceProcess service)
    {
        for (var looks = 0; looks < MostLooks; looks++)
        {
            var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
            if (nodes.Any(static node => node!["isolates"]!.AsArray().Any(static one => (string?)one == "container")))
                return;
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }

        throw new InvalidOperationException("The worker runs no containers; its log says why.");
    }
}
