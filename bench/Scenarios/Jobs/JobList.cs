using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>A list of jobs whose specs are large: how much the service's memory grows by it.</summary>
public sealed class JobList : IScenario
{
    private const double MB = 1e6;
    private const int SpecBytes = 900_000;
    private static readonly int Jobs = Parameter.Of("OTASK_BENCH_JOBS", 300);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "job-list";

    /// <inheritdoc/>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"GET /jobs?limit=1000 over {Jobs} ended jobs with specs of {SpecBytes / 1000} KB (OTASK_BENCH_JOBS=n)");

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (before, grown, answer) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
            var filled = await ServiceProcess.Start(slots: 2, folder);
            await Fill(filled);
            await filled.Stop();

            // A fresh process: memory that the submissions left free would hide the growth.
            await using var service = await ServiceProcess.Start(slots: 0, folder);
            await service.Http.GetStringAsync("/api/v1/jobs?limit=1");
            await Task.Delay(Settle, TimeProvider.System);
            ProcessCost.ForgetPeak(service.ServiceId);
            before[run] = ProcessCost.ResidentBytes(service.ServiceId) / MB;
            answer[run] = (await service.Http.GetByteArrayAsync("/api/v1/jobs?limit=1000")).Length / 1e3;
            grown[run] = (ProcessCost.PeakBytes(service.ServiceId) / MB) - before[run];
        }

        return
        [
            new Figure("resident before the list", "MB", before, [], null, null, AtLeast: false),
            new Figure("its growth by the list", "MB", grown, [], null, 50, AtLeast: false),
            new Figure("the answer", "KB", answer, [], null, null, AtLeast: false),
        ];
    }

    private static async Task Fill(ServiceProcess service)
    {
        // 9 bytes an item, with its comma.
        var items = string.Join(',', Enumerable.Repeat("12345678", SpecBytes / 9));
        var spec = $$"""
            {"source": {"items": [{{items}}]}, "process": {"builtin": "identity"}, "aggregate": [{"as": "total", "op": "sum"}]}
            """;
        for (var job = 0; job < Jobs; job++)
        {
            using var content = new StringContent(spec, Encoding.UTF8, "application/json");
            using var posted = await service.Http.PostAsync("/api/v1/jobs", content);
            if (!posted.IsSuccessStatusCode)
                throw new InvalidOperationException(
                    $"{(int)posted.StatusCode}: {await posted.Content.ReadAsStringAsync()}");
            using var created = JsonDocument.Parse(await posted.Content.ReadAsStringAsync());
            var id = created.RootElement.GetProperty("id").GetString();
            using var ended = JsonDocument.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=60s"));
            if (ended.RootElement.GetProperty("state").GetString() is var state and not "succeeded")
                throw new InvalidOperationException($"A job is {state}.");
        }
    }
}
