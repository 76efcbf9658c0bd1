using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>Data jobs on two remote workers with a slot each, over gRPC, against plain loops in this process.</summary>
public sealed class JobThroughput : IScenario
{
    private const long Million = 1_000_000;
    private const long Billion = 1_000_000_000;
    private const int SmallChunks = 300_000;
    private const int Lines = 3_000_000;
    private const string Squares = "\"process\":{\"builtin\":\"square\"},\"aggregate\":[{\"as\":\"total\",\"op\":\"sum\"}]";

    /// <inheritdoc/>
    public string Name => "jobs";

    /// <inheritdoc/>
    public string Summary => "data jobs on two one-slot workers over gRPC: a range, chunks of one item, a stream; reference: a two-thread loop";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        await using var first = await RemoteWorkerProcess.Start(service, "w1", slots: 1);
        await using var second = await RemoteWorkerProcess.Start(service, "w2", slots: 1);
        for (var warm = 0; warm < 10; warm++)
            await Range(service, Million);
        var (million, billion, loop) = (new double[runs], new double[runs], new double[runs]);
        var (chunks, stream) = (new double[runs], new double[runs]);
        var lines = Encoding.ASCII.GetBytes(string.Join('\n', Enumerable.Range(0, Lines)));
        for (var run = 0; run < runs; run++)
        {
            million[run] = await Range(service, Million) * 1000;
            loop[run] = Billion / Loop(Billion);
            billion[run] = Billion / await Range(service, Billion);
            chunks[run] = SmallChunks / await Timed(service, $$"""{"source":{"range":{"from":0,"to":{{SmallChunks}} } },"chunkSize":1,"process":{"builtin":"identity"},"aggregate":[{"as":"total","op":"count"}]}""", SmallChunks.ToString(CultureInfo.InvariantCulture));
            stream[run] = Lines / await Stream(service, lines);
        }

        return
        [
            new Figure("a million squares summed, end to end", "ms", million, [], null, 25, AtLeast: false),
            new Figure("a billion squares summed", "items/s", billion, loop, "two threads, the same number type", 0.5, AtLeast: true),
            new Figure("chunks of one item, each durable", "chunks/s", chunks, [], null, 50_000, AtLeast: true),
            new Figure("items posted as a stream", "items/s", stream, [], null, 3_000_000, AtLeast: true),
        ];
    }

    private static Task<double> Range(ServiceProcess service, long items) => Timed(
        service, $$"""{"source":{"range":{"from":0,"to":{{items}} } },{{Squares}}}""", Expected(items).ToString(CultureInfo.InvariantCulture));

    private static UInt128 Expected(long n) => (UInt128)(n - 1) * (UInt128)n * (UInt128)((2 * n) - 1) / 6;

    /// <summary>Seconds from the POST to the job's end; fails when the total is not the expected one.</summary>
    private static async Task<double> Timed(ServiceProcess service, string spec, string expected)
    {
        var began = TimeProvider.System.GetTimestamp();
        await Ended(service, await Submit(service, spec), expected);
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<double> Stream(ServiceProcess service, byte[] lines)
    {
        var id = await Submit(service, """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"as":"total","op":"sum"}]}""");
        var began = TimeProvider.System.GetTimestamp();
        using var content = new ByteArrayContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        (await service.Http.PostAsync($"/api/v1/jobs/{id}/items", content)).EnsureSuccessStatusCode();
        (await service.Http.PostAsync($"/api/v1/jobs/{id}/close", null)).EnsureSuccessStatusCode();
        await Ended(service, id, (Lines * (Lines - 1L) / 2).ToString(CultureInfo.InvariantCulture));
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<string> Submit(ServiceProcess service, string spec)
    {
        using var reply = await service.Http.PostAsync("/api/v1/jobs", new StringContent(spec, Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    private static async Task Ended(ServiceProcess service, string id, string expected)
    {
        while (true)
        {
            using var job = JsonDocument.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=60s"));
            var state = job.RootElement.GetProperty("state").GetString();
            if (state == "running")
                continue;
            var total = job.RootElement.GetProperty("aggregate").GetProperty("total").GetRawText();
            if (state != "succeeded" || total != expected)
                throw new InvalidOperationException($"The job is {state} with {total}, where {expected} is right.");
            return;
        }
    }

    /// <summary>Seconds that two threads take for the same sum.</summary>
    private static double Loop(long items)
    {
        var began = TimeProvider.System.GetTimestamp();
        var halves = new UInt128[2];
        Parallel.For(0, 2, half =>
        {
            UInt128 sum = 0;
            for (var item = (ulong)(items / 2 * half); item < (ulong)(items / 2 * (half + 1)); item++)
                sum += (UInt128)item * item;
            halves[half] = sum;
        });
        if (halves[0] + halves[1] != Expected(items))
            throw new InvalidOperationException("The plain loop is wrong.");
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }
}
