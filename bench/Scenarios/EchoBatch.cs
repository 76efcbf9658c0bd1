using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>Many short commands with captured output, in one batch, against xargs.</summary>
public sealed class EchoBatch : IScenario
{
    internal const int Tasks = 2_000;
    private const int Warmings = 8;

    /// <inheritdoc/>
    public string Name => "commands";

    /// <inheritdoc/>
    public string Summary => $"{Tasks} x /bin/echo N with captured output by one HTTP batch, durable; reference: xargs -P2";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        await Warm(service);
        var (ours, xargs) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var before = Xargs();
            ours[run] = Tasks / await Measure(service);
            xargs[run] = Tasks / ((before + Xargs()) / 2);
        }

        return [new Figure("commands with output", "tasks/s", ours, xargs, "xargs -P2", 1.0, AtLeast: true)];
    }

    /// <summary>
    /// Until the compilers have had their say: in its first 10,000 tasks a service spends a third of its time with compiling.
    /// </summary>
    internal static async Task Warm(ServiceProcess service)
    {
        for (var warm = 0; warm < Warmings; warm++)
            await Measure(service);
    }

    internal static async Task<double> Measure(ServiceProcess service)
    {
        var tasks = Enumerable.Range(1, Tasks)
            .Select(static n => new { argv = new[] { "/bin/echo", n.ToString(CultureInfo.InvariantCulture) } }).ToArray();
        var started = Stopwatch.GetTimestamp();
        using var posted = await service.Http.PostAsJsonAsync("/api/v1/tasks/batch", new { tasks });
        posted.EnsureSuccessStatusCode();
        var batch = await posted.Content.ReadFromJsonAsync<JsonElement>();
        JsonElement state;
        do
            state = await service.Http.GetFromJsonAsync<JsonElement>($"/api/v1/batches/{batch.GetProperty("batch").GetString()}?wait=60s");
        while (!state.GetProperty("ended").GetBoolean());
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (state.GetProperty("byState").GetProperty("succeeded").GetInt32() != Tasks)
            throw new InvalidOperationException($"Not all succeeded: {state}");
        var last = batch.GetProperty("ids")[Tasks - 1].GetString();
        var text = await service.Http.GetStringAsync($"/api/v1/tasks/{last}/output/stdout");
        if (text != $"{Tasks}\n")
            throw new InvalidOperationException($"The last one wrote '{text}'.");
        return seconds;
    }

    internal static double Xargs()
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start("/bin/sh", ["-c", $"seq {Tasks} | xargs -P2 -n1 /bin/echo > /dev/null"]);
        process.WaitForExit();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
