using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>What passes through the service: items that are posted, and chunks as small as they can be.</summary>
public sealed class StreamJobs : IScenario
{
    private const int Lines = 3_000_000;
    private const int SmallChunks = 300_000;

    /// <inheritdoc/>
    public string Name => "jobs-stream";

    /// <inheritdoc/>
    public string Summary => $"{Lines} items posted as a stream; {SmallChunks} chunks of one item, each durable; two one-slot workers over gRPC";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var fleet = await JobFleet.Start();
        var lines = Encoding.ASCII.GetBytes(string.Join('\n', Enumerable.Range(0, Lines)));
        await Stream(fleet, lines);
        await Chunks(fleet, SmallChunks / 10);
        var (stream, chunks) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            stream[run] = Lines / await Stream(fleet, lines);
            chunks[run] = SmallChunks / await Chunks(fleet, SmallChunks);
        }

        return
        [
            new Figure("items posted as a stream", "items/s", stream, [], null, 20_000_000, AtLeast: true),
            new Figure("chunks of one item, each durable", "chunks/s", chunks, [], null, 150_000, AtLeast: true),
        ];
    }

    private static Task<double> Chunks(JobFleet fleet, int chunks) => fleet.Timed(
        $$"""
        {"source": {"range": {"from": 0, "to": {{chunks}} } }, "chunkSize": 1, "process": {"builtin": "identity"},
         "aggregate": [{"as": "total", "op": "count"}]}
        """,
        chunks.ToString(CultureInfo.InvariantCulture));

    /// <summary>Seconds from the first byte that is sent to the job's end.</summary>
    private static async Task<double> Stream(JobFleet fleet, byte[] lines)
    {
        var id = await fleet.Submit(
            """{"source": {"stream": {} }, "process": {"builtin": "identity"}, "aggregate": [{"as": "total", "op": "sum"}]}""");
        var began = TimeProvider.System.GetTimestamp();
        using var content = new ByteArrayContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        (await fleet.Service.Http.PostAsync($"/api/v1/jobs/{id}/items", content)).EnsureSuccessStatusCode();
        (await fleet.Service.Http.PostAsync($"/api/v1/jobs/{id}/close", null)).EnsureSuccessStatusCode();
        var total = await fleet.Total(id);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        JobFleet.Check(total, (Lines * (Lines - 1L) / 2).ToString(CultureInfo.InvariantCulture));
        return seconds;
    }
}
