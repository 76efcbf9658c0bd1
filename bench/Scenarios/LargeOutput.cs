using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>1 GiB of one command's output through a remote worker to the disk, against dd with fsync.</summary>
public sealed class LargeOutput : IScenario
{
    private const long Size = 1024L * 1024 * 1024;

    /// <inheritdoc/>
    public string Name => "output";

    /// <inheritdoc/>
    public string Summary => "1 GiB written by one command, through a remote worker, to the disk; reference: dd with fsync";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        await using var worker = await RemoteWorkerProcess.Start(service.Workers, "w1", slots: 1);
        await Measure(service, Size / 16);
        var (ours, plain) = (new double[runs], new double[runs]);
        var (serviceCpu, workerCpu) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            plain[run] = Size / 1048576.0 / Dd();
            var (ofService, ofWorker) = (ProcessCost.CpuSeconds(service.ServiceId), ProcessCost.CpuSeconds(worker.AgentId));
            ours[run] = Size / 1048576.0 / await Measure(service, Size);
            serviceCpu[run] = ProcessCost.CpuSeconds(service.ServiceId) - ofService;
            workerCpu[run] = ProcessCost.CpuSeconds(worker.AgentId) - ofWorker;
        }

        return
        [
            new Figure("output through one worker", "MiB/s", ours, plain, "dd with fsync", 0.6, AtLeast: true),
            new Figure("of the service's processor, a GiB", "s", serviceCpu, [], null, null, AtLeast: false),
            new Figure("of the worker's processor, a GiB", "s", workerCpu, [], null, null, AtLeast: false),
            new Figure("the worker's peak memory", "MiB", [ProcessCost.PeakBytes(worker.AgentId) / 1048576.0], [], null, 256, AtLeast: false),
            new Figure("the service's peak memory", "MiB", [ProcessCost.PeakBytes(service.ServiceId) / 1048576.0], [], null, 512, AtLeast: false),
        ];
    }

    private static async Task<double> Measure(ServiceProcess service, long size)
    {
        var started = Stopwatch.GetTimestamp();
        using var posted = await service.Http.PostAsJsonAsync(
            "/api/v1/tasks", new { cmd = $"head -c {size} /dev/zero", maxOutputBytes = size });
        posted.EnsureSuccessStatusCode();
        JsonElement task;
        do
            task = await service.Http.GetFromJsonAsync<JsonElement>(posted.Headers.Location + "?wait=60s");
        while (task.GetProperty("endedAt").ValueKind == JsonValueKind.Null);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (task.GetProperty("output").GetProperty("stdoutBytes").GetInt64() != size)
            throw new InvalidOperationException($"Not all of it was kept: {task}");
        return seconds;
    }

    private static double Dd()
    {
        var file = Path.GetTempFileName();
        try
        {
            var started = Stopwatch.GetTimestamp();
            var start = new ProcessStartInfo("dd", ["if=/dev/zero", $"of={file}", "bs=1M", "count=1024", "conv=fsync"])
            {
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
