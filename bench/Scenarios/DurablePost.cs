using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>How many tasks the gateway takes to disk, against a bare web server that only answers.</summary>
public sealed partial class DurablePost : IScenario
{
    private const string Body = """{"cmd":"touch /tmp/hello-distributed-system"}""";

    /// <inheritdoc/>
    public string Name => "post";

    /// <inheritdoc/>
    public string Summary => "durable POST /tasks, wrk with 64 connections for 5 s, no slots; reference: bare Kestrel answering 202";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            script, $"wrk.method = 'POST'\nwrk.body = '{Body}'\nwrk.headers['Content-Type'] = 'application/json'\n");
        try
        {
            await using var service = await ServiceProcess.Start(slots: 0);
            await using var bare = await BareServer.Start();
            var (ours, reference) = (new double[runs], new double[runs]);
            await Wrk(script, new Uri(service.Address, "/tasks"), 10);
            await Wrk(script, bare.Address, 5);
            for (var run = 0; run < runs; run++)
            {
                reference[run] = await Wrk(script, bare.Address, 5);
                ours[run] = await Wrk(script, new Uri(service.Address, "/tasks"), 5);
            }

            return [new Figure("durable POST /tasks", "requests/s", ours, reference, "bare Kestrel", 0.4, AtLeast: true)];
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static async Task<double> Wrk(string script, Uri address, int seconds)
    {
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            "-t1", "-c64", $"-d{seconds.ToString(CultureInfo.InvariantCulture)}s", "-s", script, address.ToString()])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (text.Contains("Non-2xx", StringComparison.Ordinal) || !RatePattern().IsMatch(text))
            throw new InvalidOperationException($"wrk says: {text}");
        return double.Parse(RatePattern().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RatePattern();
}
